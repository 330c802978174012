// The floor of the benchmark: what libcurl alone needs for the GETs and PUTs of a copy, without signatures, hashes or
// retries.
//
//     floor WIDTH AUTHORIZATION < PAIRS
//
// Each line of PAIRS is a GET's URL, a space and a PUT's URL. A redirect of the GET is followed once, without the
// Authorization header. Ends with status 1 at the first answer that is not a 2xx.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    CURL *easy;
    char put[2048], body[1 << 16];
    size_t length, sent;
    int is_put;
};

static struct curl_slist *bearer;

static size_t receive(char *data, size_t size, size_t count, void *context) {
    struct slot *slot = context;
    if (slot->length + size * count > sizeof slot->body) return 0;
    memcpy(slot->body + slot->length, data, size * count);
    slot->length += size * count;
    return size * count;
}

static size_t send_body(char *data, size_t size, size_t count, void *context) {
    struct slot *slot = context;
    size_t length = slot->length - slot->sent < size * count ? slot->length - slot->sent : size * count;
    memcpy(data, slot->body + slot->sent, length);
    slot->sent += length;
    return length;
}

static size_t ignore(char *data, size_t size, size_t count, void *context) { return size * count; }

static void get(struct slot *slot, const char *url, struct curl_slist *headers) {
    curl_easy_reset(slot->easy);
    slot->length = 0;
    slot->is_put = 0;
    curl_easy_setopt(slot->easy, CURLOPT_URL, url);
    curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
}

static void put(struct slot *slot) {
    curl_easy_reset(slot->easy);
    slot->sent = 0;
    slot->is_put = 1;
    curl_easy_setopt(slot->easy, CURLOPT_URL, slot->put);
    curl_easy_setopt(slot->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(slot->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)slot->length);
    curl_easy_setopt(slot->easy, CURLOPT_READFUNCTION, send_body);
    curl_easy_setopt(slot->easy, CURLOPT_READDATA, slot);
    curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, ignore);
    curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
}

// Whether there was a line left for the slot.
static int next(struct slot *slot) {
    char url[2048];
    if (scanf("%2047s %2047s", url, slot->put) != 2) return 0;
    get(slot, url, bearer);
    return 1;
}

int main(int count, char **arguments) {
    if (count != 3) return 64;
    char field[4096];
    snprintf(field, sizeof field, "Authorization: %s", arguments[2]);
    curl_global_init(CURL_GLOBAL_ALL);
    bearer = curl_slist_append(NULL, field);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 160L);
    int running = 0;
    for (int number = atoi(arguments[1]); number > 0; number--) {
        struct slot *slot = calloc(1, sizeof *slot);
        slot->easy = curl_easy_init();
        if (next(slot)) curl_multi_add_handle(multi, slot->easy);
    }
    do {
        curl_multi_perform(multi, &running);
        CURLMsg *message;
        int left;
        while ((message = curl_multi_info_read(multi, &left))) {
            struct slot *slot;
            long status = 0;
            char *location = NULL;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
            curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
            curl_easy_getinfo(slot->easy, CURLINFO_REDIRECT_URL, &location);
            if (message->data.result != CURLE_OK || status >= 400) {
                fprintf(stderr, "curl %d, status %ld\n", message->data.result, status);
                return 1;
            }
            curl_multi_remove_handle(multi, slot->easy);
            char *copy = location ? strdup(location) : NULL;
            if (copy) get(slot, copy, NULL);
            else if (!slot->is_put) put(slot);
            else if (!next(slot)) continue;
            free(copy);
            curl_multi_add_handle(multi, slot->easy);
            running = 1;
        }
        if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    } while (running);
    return 0;
}
