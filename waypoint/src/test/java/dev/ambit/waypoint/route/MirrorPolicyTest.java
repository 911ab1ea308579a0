package dev.ambit.waypoint.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.match.Fraction;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Heads of copies.
class MirrorPolicyTest {
    private static final String SPAN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";

    @ParameterizedTest
    @CsvSource({
        // What the policy says, whether the request has a span of ours, and what the copy has.
        "'',    true,  01, 1",
        "true,  true,  01, 1",
        "false, true,  00, 0",
        "false, false, 01, 1",
    })
    void copy_isSampledAsThePolicySays(String sampled, boolean traced, String flags, String b3) {
        var policy =
                new MirrorPolicy(
                        "shadow",
                        "",
                        Fraction.ALL,
                        sampled.isEmpty() ? Optional.empty() : Optional.of(sampled.equals("true")),
                        true);
        var request = Requests.with("GET", "/", "traceparent: " + SPAN + "01, x-b3-sampled: 1");
        var copy = policy.copy(request, traced);
        assertThat(copy.headers().get("traceparent")).isEqualTo(SPAN + flags);
        assertThat(copy.headers().get("x-b3-sampled")).isEqualTo(b3);
        assertThat(request.headers().get("x-b3-sampled")).as("the request itself").isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource({
        "web, true, web-shadow",
        "web:80, true, web-shadow:80",
        "web:80, false, web:80",
    })
    void copy_isForTheShadowHost(String host, boolean suffixed, String expected) {
        var policy = new MirrorPolicy("s", "", Fraction.ALL, Optional.empty(), suffixed);
        var request = Requests.get("/");
        request.authority(host);
        assertThat(policy.copy(request, false).authority()).isEqualTo(expected);
    }
}
