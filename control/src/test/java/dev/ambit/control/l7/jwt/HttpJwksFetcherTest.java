package dev.ambit.control.l7.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpJwksFetcherTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final JwksLimits LIMITS = JwksLimits.defaults();

    private final Issuer issuer;
    private final HttpJwksFetcher fetcher = HttpJwksFetcher.of(LIMITS);

    HttpJwksFetcherTest() throws IOException {
        issuer = new Issuer();
    }

    @AfterEach
    void close() {
        issuer.close();
    }

    @Test
    void fetch_answer_itsBody() throws Exception {
        issuer.answers("/keys", 200, "{}");

        assertThat(text("/keys")).isEqualTo("{}");
    }

    @Test
    void fetch_refusal_statusAndBeginningOfTheBody() {
        issuer.answers("/keys", 503, "busy\n" + "y".repeat(500));

        assertThatThrownBy(() -> text("/keys"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("/keys answered 503: 'busy yyy")
                .hasMessageContaining("...'");
    }

    @Test
    void fetch_tooLong_refused() {
        issuer.answers("/keys", 200, "x".repeat(LIMITS.bytes() + 1));

        assertThatThrownBy(() -> text("/keys")).isInstanceOf(IOException.class);
    }

    @Test
    void fetch_neverWhole_endsInTime() {
        issuer.hangs("/keys");

        assertThatThrownBy(() -> fetcher.fetch(issuer.uri("/keys"), Duration.ofMillis(300)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no whole answer within PT0.3S");
    }

    @Test
    void fetch_redirects_followed() throws Exception {
        issuer.redirects("/a", "/b").redirects("/b", issuer.address() + "/c");
        issuer.answers("/c", 200, "here");

        assertThat(text("/a")).isEqualTo("here");
    }

    @Test
    void fetch_redirectsInACircle_ends() {
        issuer.redirects("/a", "/a");

        assertThatThrownBy(() -> text("/a")).hasMessageContaining("more than 3 redirects");
    }

    @Test
    void fetch_redirectToWhatIsNeverAsked_refused() {
        issuer.redirects("/a", "http://169.254.169.254/latest/meta-data");

        assertThatThrownBy(() -> text("/a")).hasMessageContaining("where issuers are not asked");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/keys",
                "http://[fe80::1]/keys",
                "http://[fd00:ec2::254]/keys",
                "http://168.63.129.16/keys",
                "http://100.100.100.200/keys"
            })
    void fetch_addressesOfClouds_neverAsked(String uri) {
        assertThatThrownBy(() -> fetcher.fetch(URI.create(uri), TIMEOUT))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("where issuers are not asked");
    }

    @Test
    void fetch_nobodyThere_toldSo() {
        issuer.close();

        assertThatThrownBy(() -> text("/keys"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(issuer.address());
    }

    @Test
    void new_clientThatFollowsByItself_refused() {
        var follows = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build();

        assertThatThrownBy(() -> new HttpJwksFetcher(follows, LIMITS))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private String text(String path) throws IOException, InterruptedException {
        return new String(fetcher.fetch(issuer.uri(path), TIMEOUT), StandardCharsets.UTF_8);
    }
}
