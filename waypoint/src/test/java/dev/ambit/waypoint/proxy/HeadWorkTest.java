package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.exchange.StreamInfo;
import dev.ambit.waypoint.http.HttpVersion;
import dev.ambit.waypoint.http.RequestHead;
import dev.ambit.waypoint.model.HttpOptions;
import dev.ambit.waypoint.model.HttpOptions.ForwardedClientCert;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What is done to each request's head before anybody judges it.
class HeadWorkTest {
    private final StreamInfo info = new StreamInfo(StoryLab.connectionInfo(), 0, 0);
    private HttpOptions options = HttpOptions.DEFAULTS;

    private RequestHead apply(RequestHead head) {
        var refusal = HeadWork.apply(head, options, info, new RequestIds(new SplittableRandom(1)));
        assertThat(refusal).isNull();
        return head;
    }

    private static RequestHead head(String... headers) {
        return StoryLab.request("GET", "/", headers);
    }

    private String caller() {
        var remote = info.remote();
        return remote.getAddress().getHostAddress() + ":" + remote.getPort();
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.1.1, 10.1.1.1:0",
        "'1.2.3.4, 5.6.7.8', 5.6.7.8:0",
        "'1.2.3.4,', 10.0.0.7:40000",
        "'1.2.3.4, nobody', 10.0.0.7:40000",
        "fd00::9, fd00:0:0:0:0:0:0:9:0"
    })
    void forwardedFor_tellsTheCaller(String list, String expected) {
        var head = apply(head("x-forwarded-for", list));
        assertThat(caller()).isEqualTo(expected);
        assertThat(head.headers().get("x-forwarded-for")).isEqualTo(list);
    }

    @Test
    void trustedHops_arePassedOver() {
        options = Options.with(options, "trustedHops", 1);
        apply(head("x-forwarded-for", "1.1.1.1, 2.2.2.2, 3.3.3.3"));
        assertThat(caller()).isEqualTo("2.2.2.2:0");
    }

    @Test
    void remoteAddress_isAppended_andItsWordCounts() {
        options = Options.with(options, "useRemoteAddress", true);
        var head =
                apply(
                        head(
                                "x-forwarded-for", "1.1.1.1",
                                "x-forwarded-proto", "https",
                                "x-envoy-decorator-operation", "forged",
                                "x-request-id", "forged"));
        assertThat(head.headers().get("x-forwarded-for")).isEqualTo("1.1.1.1,10.0.0.7");
        assertThat(head.headers().get("x-forwarded-proto")).isEqualTo("http");
        assertThat(head.headers().get("x-envoy-external-address")).isEqualTo("10.0.0.7");
        assertThat(head.headers().contains("x-envoy-decorator-operation")).isFalse();
        assertThat(head.headers().get("x-request-id")).isNotEqualTo("forged");
        assertThat(caller()).isEqualTo("10.0.0.7:40000");
    }

    @ParameterizedTest
    @CsvSource({
        "x-envoy-retry-on, false",
        "x-envoy-internal, false",
        "x-envoy-upstream-rq-timeout-ms, false",
        "x-envoy-original-url, false",
        "x-envoy-decorator-operation, true",
        "x-envoy-attempt-count, true",
        "x-envoyage, true"
    })
    void headersOfProxies_areNotForCallersToSet(String name, boolean stays) {
        assertThat(apply(head(name, "1")).headers().contains(name)).isEqualTo(stays);
    }

    @ParameterizedTest
    @CsvSource({"SANITIZE, false", "APPEND_FORWARD, false", "ALWAYS_FORWARD_ONLY, true"})
    void clientCert_comesOnlyFromTrustedProxies(ForwardedClientCert mode, boolean stays) {
        options = Options.with(options, "clientCert", mode);
        assertThat(
                        apply(head("x-forwarded-client-cert", "By=x"))
                                .headers()
                                .contains("x-forwarded-client-cert"))
                .isEqualTo(stays);
    }

    @ParameterizedTest
    @CsvSource({
        "stripAnyHostPort, web.shop:8080, web.shop",
        "stripAnyHostPort, '[fd00::1]:80', '[fd00::1]'",
        "stripAnyHostPort, '[fd00::1]', '[fd00::1]'",
        "stripMatchingHostPort, web.shop:80, web.shop",
        "stripMatchingHostPort, web.shop:81, web.shop:81",
        "stripTrailingHostDot, web.shop.:80, web.shop:80",
        "proxy100Continue, web.shop.:80, web.shop.:80"
    })
    void host_isCleaned(String option, String authority, String expected) {
        options = Options.with(options, option, true);
        var head = head();
        head.authority(authority);
        assertThat(apply(head).authority()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"/a/../b?x=/../y, /b?x=/../y", "/a//b, /a//b", "/%61, /a"})
    void path_isNormalized(String path, String expected) {
        assertThat(apply(StoryLab.request("GET", path)).path()).isEqualTo(expected);
    }

    @Test
    void scheme_isWhatTheFirstProxySaw_inHttp1Alone() {
        assertThat(apply(head("x-forwarded-proto", "https")).scheme()).isEqualTo("https");
        var second = StoryLab.request(HttpVersion.HTTP_2, "GET", "/", "x-forwarded-proto", "https");
        assertThat(apply(second).scheme()).isEqualTo("http");
    }

    @Test
    void requestId_isKept_orMade_orLeftOut() {
        assertThat(apply(head("x-request-id", "mine")).headers().get("x-request-id"))
                .isEqualTo("mine");
        assertThat(info.requestId).isEqualTo("mine");
        apply(head());
        assertThat(info.requestId).hasSize(36);
        options =
                Options.with(
                        options,
                        "requestId",
                        new HttpOptions.RequestId(false, false, false, false, false));
        assertThat(apply(head()).headers().contains("x-request-id")).isFalse();
    }

    @Test
    void forwardedPort_isTheDestinations() {
        options = Options.with(options, "appendForwardedPort", true);
        assertThat(apply(head()).headers().get("x-forwarded-port")).isEqualTo("80");
    }
}
