#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#include <curl/curl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift does not import:
// one function here for each kind of argument.

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_size(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

// The string is copied by curl.
static inline CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

// The list is not copied: it must outlive the transfer.
static inline CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);

// All three get the same context.
static inline CURLcode ccurl_set_callbacks(
    CURL *handle, void *context, ccurl_data_callback header, ccurl_data_callback write, ccurl_data_callback read
) {
    CURLcode status = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
    if (status == CURLE_OK) status = curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    if (status == CURLE_OK) status = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, write);
    if (status == CURLE_OK) status = curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
    if (status == CURLE_OK) status = curl_easy_setopt(handle, CURLOPT_READFUNCTION, read);
    if (status == CURLE_OK) status = curl_easy_setopt(handle, CURLOPT_READDATA, context);
    return status;
}

static inline CURLcode ccurl_get_size(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

// The file of trusted certificates that curl was built for; NULL for none. curl's own.
static inline const char *ccurl_default_bundle(CURL *handle) {
    char *path = NULL;
    return curl_easy_getinfo(handle, CURLINFO_CAINFO, &path) == CURLE_OK ? path : NULL;
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// The next finished transfer and how it ended; NULL when there is none. Spares Swift the union in CURLMsg.
static inline CURL *ccurl_next_finished(CURLM *multi, CURLcode *result) {
    int left;
    struct CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            *result = message->data.result;
            return message->easy_handle;
        }
    }
    return NULL;
}

// What ends a wait for sockets from another thread, as one more descriptor to wait for: eventfd(2), which Swift's Glibc
// lacks. Negative where none can be made.
static inline int ccurl_signal_make(void) {
    return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static inline void ccurl_signal_raise(int signal) {
    eventfd_write(signal, 1);
}

static inline void ccurl_signal_take(int signal) {
    eventfd_t count;
    eventfd_read(signal, &count);
}

// What a multi handle waits for, by epoll(7), which Swift's Glibc lacks: its sockets, a signal, and its own deadline.
// For one thread.
struct ccurl_waits {
    CURLM *multi;
    int descriptor;
    int signal;
    // When curl wants to be called, in nanoseconds of CLOCK_MONOTONIC; negative for never.
    long long due;
    // What the last wait brought.
    int ready;
    struct epoll_event events[128];
};

static inline long long ccurl_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// CURLMOPT_SOCKETFUNCTION. A socket that cannot be watched is left to its transfer's deadlines.
static inline int ccurl_watch(CURL *handle, curl_socket_t socket, int what, void *context, void *known) {
    struct ccurl_waits *waits = (struct ccurl_waits *)context;
    struct epoll_event event = { .events = 0, .data.fd = socket };
    (void)handle;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(waits->descriptor, EPOLL_CTL_DEL, socket, &event);
        return 0;
    }
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    epoll_ctl(waits->descriptor, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    if (!known) curl_multi_assign(waits->multi, socket, context);
    return 0;
}

// CURLMOPT_TIMERFUNCTION.
static inline int ccurl_schedule(CURLM *multi, long milliseconds, void *context) {
    struct ccurl_waits *waits = (struct ccurl_waits *)context;
    (void)multi;
    waits->due = milliseconds < 0 ? -1 : ccurl_now() + milliseconds * 1000000LL;
    return 0;
}

// Has `multi` say what it waits for, beside the signal. NULL without memory or descriptors.
static inline struct ccurl_waits *ccurl_waits_make(CURLM *multi, int signal) {
    struct epoll_event event = { .events = EPOLLIN, .data.fd = signal };
    struct ccurl_waits *waits = (struct ccurl_waits *)calloc(1, sizeof *waits);
    if (!waits) return NULL;
    waits->multi = multi;
    waits->signal = signal;
    waits->due = -1;
    waits->descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (waits->descriptor < 0 || epoll_ctl(waits->descriptor, EPOLL_CTL_ADD, signal, &event)) {
        if (waits->descriptor >= 0) close(waits->descriptor);
        free(waits);
        return NULL;
    }
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, ccurl_watch);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, waits);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, ccurl_schedule);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, waits);
    return waits;
}

// After the multi handle's own end.
static inline void ccurl_waits_free(struct ccurl_waits *waits) {
    close(waits->descriptor);
    free(waits);
}

// Waits for a socket, curl's deadline, the signal, which is taken, or the end of `milliseconds`.
static inline void ccurl_wait(struct ccurl_waits *waits, int milliseconds) {
    if (waits->due >= 0) {
        long long left = (waits->due - ccurl_now() + 999999) / 1000000;
        if (left < milliseconds) milliseconds = left < 0 ? 0 : (int)left;
    }
    waits->ready = epoll_wait(waits->descriptor, waits->events, 128, milliseconds);
    for (int index = 0; index < waits->ready; index++) {
        if (waits->events[index].data.fd == waits->signal) ccurl_signal_take(waits->signal);
    }
}

// Has curl act on the sockets that the wait found ready, and on what is due. Calls the callbacks.
static inline CURLMcode ccurl_act(struct ccurl_waits *waits) {
    CURLMcode status = CURLM_OK;
    int running;
    for (int index = 0; index < waits->ready && status == CURLM_OK; index++) {
        const struct epoll_event *event = &waits->events[index];
        int what = 0;
        if (event->data.fd == waits->signal) continue;
        // Reading says what is wrong with a connection.
        if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) what |= CURL_CSELECT_IN;
        if (event->events & EPOLLOUT) what |= CURL_CSELECT_OUT;
        status = curl_multi_socket_action(waits->multi, event->data.fd, what, &running);
    }
    waits->ready = 0;
    if (status == CURLM_OK && waits->due >= 0 && waits->due <= ccurl_now()) {
        waits->due = -1;
        status = curl_multi_socket_action(waits->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    return status;
}

// Macros that cast, which Swift does not import.
static const size_t ccurl_write_pause = CURL_WRITEFUNC_PAUSE;
static const size_t ccurl_read_pause = CURL_READFUNC_PAUSE;
static const size_t ccurl_read_abort = CURL_READFUNC_ABORT;
static const long ccurl_global_all = CURL_GLOBAL_ALL;
static const long ccurl_http_1_1 = CURL_HTTP_VERSION_1_1;
static const long ccurl_tls_1_2 = CURL_SSLVERSION_TLSv1_2;

#endif
