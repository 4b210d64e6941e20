/* A UDP server that echoes datagrams forever: lesson 03 in plain C.
   Build it: cc -O2 -DBUFFER_SIZE=65535 udp_echo.c -o udp_echo
   Run it: udp_echo PORT */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static char buffer[BUFFER_SIZE];

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: udp_echo PORT\n");
        return 2;
    }
    struct sockaddr_in local = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons(atoi(argv[1])),
    };
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    if (server < 0 || bind(server, (struct sockaddr *)&local, sizeof local) < 0) {
        perror("bind");
        return 1;
    }
    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        ssize_t length = recvfrom(server, buffer, sizeof buffer, 0, (struct sockaddr *)&peer, &size);
        if (length < 0)
            perror("recvfrom");
        else if (sendto(server, buffer, length, 0, (struct sockaddr *)&peer, size) < 0)
            perror("sendto");
    }
}
