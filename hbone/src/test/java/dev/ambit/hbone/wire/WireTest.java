package dev.ambit.hbone.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {
    @Test
    void baggage_isWrittenInOrder_withoutEmptyFields() {
        var baggage = new Baggage("c1", "shop", "deployment", "web", "web", "v1", "", "z1");

        assertThat(baggage.encode())
                .isEqualTo(
                        "k8s.cluster.name=c1,k8s.namespace.name=shop,k8s.deployment.name=web,"
                                + "service.name=web,service.version=v1,cloud.availability_zone=z1");
        assertThat(Baggage.parse(baggage.encode())).isEqualTo(baggage);
        assertThat(Baggage.EMPTY.encode()).isEmpty();
    }

    @Test
    void baggage_oddMembers_areSkipped() {
        assertThat(
                        Baggage.parse(
                                "x=y, k8s.namespace.name = shop ;p=1,,=,service.name,"
                                        + "service.version=v1=v2,k8s.pod.name="))
                .isEqualTo(new Baggage("", "shop", "", "", "", "v1", "", ""));
        assertThat(Baggage.parse("service.name=w\u00e4b")).isEqualTo(Baggage.EMPTY);
    }

    @Test
    void forwarded_carriesClientAndHost() {
        assertThat(Forwarded.encode("[::1]:80", Optional.of("cart.shop")))
                .isEqualTo("for=\"[::1]:80\";host=cart.shop");
        assertThat(Forwarded.encode("10.0.0.1:80", Optional.empty()))
                .isEqualTo("for=\"10.0.0.1:80\"");
    }

    @Test
    void forwardedHost_isFoundInAnyElement_quotedOrNot() {
        assertThat(Forwarded.host("for=\"1.2.3.4:5\";host=a.b")).hasValue("a.b");
        assertThat(Forwarded.host("for=x, for=y; Host=\"a.b\"")).hasValue("a.b");
        assertThat(Forwarded.host("host=\"\"")).isEmpty();
        assertThat(Forwarded.host("proto=http")).isEmpty();
        assertThat(Forwarded.host("host=\u00e4")).isEmpty();
    }

    @Test
    void traceParent_roundTrips() {
        var trace = TraceParent.random(new SplittableRandom(3));

        assertThat(trace.encode()).hasSize(55).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-00");
        assertThat(TraceParent.parse(trace.encode())).hasValue(trace);
    }

    /// The first has the right length and too few parts: a reference's parser panics on it.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-0000000000000000000000000000000000000000000000000000",
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333g-00",
                "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-00",
                ""
            })
    void traceParent_anythingElse_isNone(String text) {
        assertThat(TraceParent.parse(text)).isEmpty();
    }

    @Test
    void authority_addressesAndNames() throws Exception {
        assertThat(Authority.parse("10.0.0.1:8080")).isEqualTo(address("10.0.0.1", 8080));
        assertThat(Authority.parse("[2001:db8::1]:80")).isEqualTo(address("2001:db8::1", 80));
        assertThat(Authority.parse("cart.shop.svc:80"))
                .isEqualTo(new Authority.Name("cart.shop.svc", 80));
    }

    private static Authority address(String ip, int port) throws Exception {
        return new Authority.Address(new InetSocketAddress(InetAddress.getByName(ip), port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":80",
                "host",
                "host:",
                "host:0",
                "host:65536",
                "host:-1",
                "host:8o",
                "host:000080",
                "2001:db8::1:80",
                "[10.0.0.1]:80",
                "[2001:db8::1",
                "[::1%lo]:80",
                "a b:80",
                "http://a:80",
                "user@host:80",
                "a/b:80"
            })
    void authority_anythingElse_isInvalid(String text) {
        assertThat(Authority.parse(text)).isInstanceOf(Authority.Invalid.class);
    }

    /// Of the right length and from the right letters, with dashes anywhere.
    @Tag("fuzz")
    @Property
    void almostATraceParent_isOneOnlyInItsExactForm(
            @ForAll
                    @CharRange(from = '0', to = '9')
                    @Chars({'-', 'a', 'f', 'F', '\uff11'})
                    @StringLength(55)
                    String text) {
        var head = "00-" + text.substring(3);
        for (var each : new String[] {text, head}) {
            boolean exact = each.matches("00-[0-9a-fA-F]{32}-[0-9a-fA-F]{16}-[0-9a-fA-F]{2}");
            assertThat(TraceParent.parse(each).isPresent()).isEqualTo(exact);
        }
    }

    @Tag("fuzz")
    @Property
    void anyText_isParsedWithoutFailing(@ForAll String text) {
        assertThat(Baggage.parse(text)).isNotNull();
        assertThat(Forwarded.host(text)).isNotNull();
        assertThat(TraceParent.parse(text)).isNotNull();
        assertThat(Authority.parse(text)).isNotNull();
    }

    /// What one side writes the other reads, whatever the names are that Kubernetes allows.
    @Tag("fuzz")
    @Property
    void baggage_isReadAsItWasWritten(
            @ForAll @Name String cluster,
            @ForAll @Name String namespace,
            @ForAll @Name String workload,
            @ForAll @Name String service) {
        var written =
                new Baggage(cluster, namespace, "deployment", workload, service, "v1", "r", "");

        assertThat(Baggage.parse(written.encode())).isEqualTo(written);
        assertThat(Forwarded.host(Forwarded.encode("[::1]:80", Optional.of(service))))
                .hasValue(service);
    }

    @CharRange(from = 'a', to = 'z')
    @CharRange(from = '0', to = '9')
    @Chars({'-', '.', '_'})
    @StringLength(min = 1, max = 63)
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
    private @interface Name {}

    @Tag("fuzz")
    @Property
    void authority_thatIsRead_isHostAndPort(
            @ForAll
                    @CharRange(from = '0', to = '9')
                    @Chars({'[', ']', ':', '.', '%', 'a', 'f', '-', '/', '@'})
                    @StringLength(max = 40)
                    String text) {
        switch (Authority.parse(text)) {
            case Authority.Address(var address) -> {
                assertThat(address.isUnresolved()).isFalse();
                assertThat(address.getPort()).isBetween(1, 65_535);
            }
            case Authority.Name(var host, var port) ->
                    assertThat(text).isEqualTo(host + ":" + leading(text) + port);
            case Authority.Invalid(var reason) -> assertThat(reason).startsWith("expected ");
        }
    }

    /// The zeros before a port, which are allowed within its five digits.
    private static String leading(String text) {
        return text.substring(text.lastIndexOf(':') + 1).replaceFirst("[1-9].*", "");
    }
}
