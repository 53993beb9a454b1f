/* pages: what the server says of itself over HTTP, to Prometheus and to whoever runs it.
 *
 *   /metrics   the metrics (metrics.h)
 *   /healthz   200 while the loop turns; else 503: nothing short of a restart will help
 *   /readyz    200 or 503, with a line for each of broker, store and policies (view_ready.c)
 *
 * They are open to all who reach the port, and hold no secret. They are answered by the HTTP
 * server's thread, from a view that the loop hands out (window.h): a loop that does not answer in
 * time makes a 503, and nothing waits. */
#ifndef CHAT21D_PAGES_H
#define CHAT21D_PAGES_H

#include "ports/http.h"
#include "server/window.h"

/* An http_handler's `handle`; `self` is a struct window. */
enum http_when pages_handle(void *self, const struct http_request *request,
                            struct http_reply *reply);

#endif
