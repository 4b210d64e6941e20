/* A TCP server that echoes streams forever, a thread for each client: lesson 09 in plain C.
   Build it: cc -O2 -pthread -DBUFFER_SIZE=65535 tcp_echo.c -o tcp_echo
   Run it: tcp_echo PORT */

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Serves one client to its end. */
static void *echo_stream(void *argument)
{
    int client = (intptr_t)argument;
    char buffer[BUFFER_SIZE];
    ssize_t length, written = 0;
    while (written >= 0 && (length = read(client, buffer, sizeof buffer)) > 0)
        for (ssize_t done = 0; done < length; done += written)
            if ((written = write(client, buffer + done, length - done)) < 0)
                break;
    close(client);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: tcp_echo PORT\n");
        return 2;
    }
    struct sockaddr_in local = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons(atoi(argv[1])),
    };
    signal(SIGPIPE, SIG_IGN); /* a client that has gone ends its own thread alone */
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&local, sizeof local) < 0
        || listen(server, SOMAXCONN) < 0) {
        perror("listen");
        return 1;
    }
    for (;;) {
        pthread_t thread;
        int client = accept(server, NULL, NULL);
        if (client < 0) {
            perror("accept");
        } else if (pthread_create(&thread, NULL, echo_stream, (void *)(intptr_t)client) != 0) {
            fprintf(stderr, "cannot start a thread\n");
            close(client);
        } else {
            pthread_detach(thread);
        }
    }
}
