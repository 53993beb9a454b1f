/* version: what `chat21d version` says, and the log at start. CHANGELOG tells what changed. */
#ifndef CHAT21D_VERSION_H
#define CHAT21D_VERSION_H

#define CHAT21D_VERSION "0.1.0"

#endif
