/* Loads one server: `load PORT|PATH conn|get|req|udp CLIENTS TOTAL`, then prints nanoseconds and answers.
 *
 * The server is at a port on the loopback, or at a Unix socket (a path has a slash).
 * conn: connect, 64 bytes out, 64 bytes in, close; CLIENTS at a time, TOTAL connections.
 * get: connect, ask for a page over HTTP/1.0, read until the server closes; likewise.
 * req: 64-byte echoes on CLIENTS open connections, TOTAL of them.
 * udp: the same in datagrams, one under way for each client.
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
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SIZE 64
#define MOST 1024

struct client {
    int fd;
    size_t got;
};

static struct client clients[MOST];
static union {
    struct sockaddr any;
    struct sockaddr_in port;
    struct sockaddr_un path;
} address;
static socklen_t address_size;
static char message[SIZE] = "GET / HTTP/1.0\r\n\r\n", sink[4096];
static size_t size = SIZE;
static int poller, pages, type = SOCK_STREAM;

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
    c->fd = socket(address.any.sa_family, type | SOCK_NONBLOCK, 0);
    if (c->fd < 0) fail("socket");
    c->got = 0;
    while (connect(c->fd, &address.any, address_size) && errno != EINPROGRESS) {
        if (errno != EAGAIN) fail("connect"); /* a Unix server's queue is full */
    }
    if (epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &e)) fail("epoll_ctl");
}

static void ask(struct client *c) {
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    if (send(c->fd, message, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
    c->got = 0;
    if (epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &e)) fail("epoll_ctl");
}

/* Whether a whole answer has come. */
static int answered(struct client *c) {
    ssize_t n = recv(c->fd, sink, pages ? sizeof sink : SIZE - c->got, 0);
    if (n < 0 && errno == EAGAIN) return 0;
    if (pages && !n && c->got > SIZE) return 1;
    if (n <= 0) fail("recv");
    c->got += n;
    return !pages && c->got == SIZE;
}

static void locate(const char *where) {
    if (strchr(where, '/')) {
        address.path.sun_family = AF_UNIX;
        strncpy(address.path.sun_path, where, sizeof address.path.sun_path - 1);
        address_size = sizeof address.path;
    } else {
        address.port.sin_family = AF_INET;
        address.port.sin_port = htons(atoi(where));
        address.port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address_size = sizeof address.port;
    }
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    int datagrams = !strcmp(argv[2], "udp"), keep = datagrams || !strcmp(argv[2], "req"), count = atoi(argv[3]);
    long total = atol(argv[4]), begun = 0, done = 0;
    if (count < 1 || count > MOST) return 2;
    locate(argv[1]);
    if (datagrams) type = SOCK_DGRAM;
    pages = !strcmp(argv[2], "get");
    if (pages) {
        size = strlen(message);
    } else {
        memset(message, 'x', SIZE);
        message[SIZE - 1] = '\n';
    }
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
