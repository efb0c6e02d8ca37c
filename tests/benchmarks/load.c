/* Loads one server over loopback: `load PORT conn|req CLIENTS TOTAL`, then prints nanoseconds and answers.
 *
 * conn: connect, 64 bytes out, 64 bytes in, close; CLIENTS at a time, TOTAL connections.
 * req: 64-byte echoes on CLIENTS open connections, TOTAL of them.
 * Ends by itself: after TOTAL, or 60 s.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64
#define MOST 1024

struct client {
    int fd;
    size_t got;
};

static struct client clients[MOST];
static struct sockaddr_in address;
static char message[SIZE], sink[SIZE];
static int poller;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void begin(struct client *c) {
    struct epoll_event e = {.events = EPOLLOUT, .data.ptr = c};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) fail("socket");
    c->got = 0;
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) fail("connect");
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e)) fail("epoll_ctl");
}

static void ask(struct client *c) {
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    if (send(c->fd, message, SIZE, MSG_NOSIGNAL) != SIZE) fail("send");
    c->got = 0;
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e)) fail("epoll_ctl");
}

/* Whether a whole answer has come. */
static int answered(struct client *c) {
    ssize_t n = recv(c->fd, sink, SIZE - c->got, 0);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n <= 0) fail("recv");
    c->got += n;
    return c->got == SIZE;
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int keep = !strcmp(argv[2], "req"), count = atoi(argv[3]);
    long total = atol(argv[4]), begun = 0, done = 0;
    if (count < 1 || count > MOST) return 2;
    address.sin_family = AF_INET;
    address.sin_port = htons(atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memset(message, 'x', SIZE);
    message[SIZE - 1] = '\n';
    poller = epoll_create1(0);
    int64_t started = now(), limit = started + 60000000000LL;
    for (int i = 0; i < count && begun < total; i++, begun++) begin(&clients[i]);
    while (done < total && now() < limit) {
        struct epoll_event events[64];
        int n = epoll_wait(poller, events, 64, 1000);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) {
                ask(c);
            } else if (answered(c)) {
                done++;
                if (keep) {
                    if (begun < total) begun++, ask(c);
                } else {
                    close(c->fd);
                    if (begun < total) begun++, begin(c);
                }
            }
        }
    }
    printf("%lld %ld\n", (long long)(now() - started), done);
    return done == total ? 0 : 1;
}
