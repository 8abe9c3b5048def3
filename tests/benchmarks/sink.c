/* The cheapest receiver of webhooks: one thread, epoll, keep-alive; answers 200 when a request's body is whole.
   Usage: sink PORT   (0: any; the port is the first line of standard output) */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { CONNECTIONS = 4096, ROOM = 65536 };
static const char ANSWER[] = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
static struct { char *data; size_t size; } held[CONNECTIONS];

static void answer(int peer) {
  for (;;) {
    char *data = held[peer].data;
    size_t size = held[peer].size;
    char *end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return;
    *end = 0;
    char *length = strcasestr(data, "content-length:");
    size_t whole = (size_t)(end - data) + 4 + (length ? strtoul(length + 15, NULL, 10) : 0);
    *end = '\r';
    if (size < whole) return;
    if (write(peer, ANSWER, sizeof ANSWER - 1) < 0) return;
    memmove(data, data + whole, size - whole);
    held[peer].size = size - whole;
  }
}

int main(int count, char **words) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(count > 1 ? atoi(words[1]) : 0)};
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof place;
  int door = socket(AF_INET, SOCK_STREAM, 0), yes = 1, all = epoll_create1(0);
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(door, (struct sockaddr *)&place, sizeof place) || listen(door, 4096)) return 1;
  getsockname(door, (struct sockaddr *)&place, &length);
  printf("%d\n", ntohs(place.sin_port));
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = door}, ready[256];
  epoll_ctl(all, EPOLL_CTL_ADD, door, &event);
  for (;;) {
    int found = epoll_wait(all, ready, 256, -1);
    for (int i = 0; i < found; i++) {
      int peer = ready[i].data.fd;
      if (peer == door) {
        peer = accept(door, NULL, NULL);
        if (peer < 0 || peer >= CONNECTIONS) { close(peer); continue; }
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (!held[peer].data) held[peer].data = malloc(ROOM + 1);
        held[peer].size = 0;
        event.data.fd = peer;
        epoll_ctl(all, EPOLL_CTL_ADD, peer, &event);
        continue;
      }
      ssize_t got = read(peer, held[peer].data + held[peer].size, ROOM - held[peer].size);
      if (got <= 0) { close(peer); continue; }
      held[peer].size += (size_t)got;
      answer(peer);
    }
  }
}
