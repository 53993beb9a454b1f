/* stream_look: how far the server is behind the stream, and how much of what it has not taken yet
 * the stream's retention leaves. A thread of its own asks the broker now and then, over a
 * connection of its own (ports/broker.h, extent), so that neither the loop nor the flow's
 * connections notice. */
#ifndef CHAT21D_STREAM_LOOK_H
#define CHAT21D_STREAM_LOOK_H

#include "ports/broker.h"
#include "server/view.h"

struct stream_look;

/* Looks every `seconds`, while there is a stream to look at. The settings' strings are borrowed. */
struct stream_look *stream_look_new(const struct broker_settings *settings, unsigned seconds);
/* Waits a moment for the thread; one that still waits for the broker is left behind with all that
 * it has, and borrows: the process is about to end. False: it was. */
bool stream_look_free(struct stream_look **look);

/* The loop says how things are: is the broker connected, and how far is the stream stored? */
void stream_look_note(struct stream_look *look, bool is_open, bool has_offset, uint64_t stored);

/* What was found last. Thread-safe. */
struct view_stream stream_look_found(struct stream_look *look);

#endif
