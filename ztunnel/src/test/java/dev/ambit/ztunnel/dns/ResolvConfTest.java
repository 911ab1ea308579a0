package dev.ambit.ztunnel.dns;

import static dev.ambit.ztunnel.dns.DnsMesh.name;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.junit.jupiter.api.Test;

class ResolvConfTest {
    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    @Test
    void kubernetesFile_isUnderstood() {
        var conf =
                ResolvConf.parse(
                        """
                        # by the kubelet
                        search shop.svc.cluster.local svc.cluster.local cluster.local
                        nameserver 10.96.0.10
                        options ndots:5 timeout:1 attempts:9
                        """);

        assertThat(conf.nameservers()).containsExactly(ip("10.96.0.10"));
        assertThat(conf.search())
                .containsExactly(
                        name("shop.svc.cluster.local"),
                        name("svc.cluster.local"),
                        name("cluster.local"));
        assertThat(conf.timeout()).contains(Duration.ofSeconds(1));
        assertThat(conf.attempts()).contains(5);
    }

    @Test
    void linesThatMakeNoSense_areLeftOut() {
        var conf =
                ResolvConf.parse(
                        """
                        nameserver
                        nameserver dns.example.com
                        nameserver fe80::1%eth0
                        nameserver 2001:db8::53
                        nameserver 10.0.0.1
                        nameserver 10.0.0.2
                        nameserver 10.0.0.3
                        domain a.example
                        search . b.example ..bad
                        options timeout:x
                        """);

        assertThat(conf.nameservers())
                .containsExactly(ip("2001:db8::53"), ip("10.0.0.1"), ip("10.0.0.2"));
        assertThat(conf.search()).containsExactly(name("b.example"));
        assertThat(conf.timeout()).isEmpty();
    }

    @Test
    void resolver_takesTheShorterTimeout() {
        var slow = Resolver.of(ResolvConf.parse("options timeout:20"), Duration.ofSeconds(2));
        var fast = Resolver.of(ResolvConf.parse("options timeout:1"), Duration.ofSeconds(2));

        assertThat(slow.timeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(slow.attempts()).isEqualTo(2);
        assertThat(fast.timeout()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void assumed_isKubernetesUsualListWithTheNameServersOfTheFile() {
        var own =
                Resolver.of(
                        ResolvConf.parse("nameserver 10.0.0.1\nsearch node.example"),
                        Duration.ofSeconds(2));

        var assumed = own.assumedFor("shop", name("cluster.local"));

        assertThat(assumed.search())
                .containsExactly(
                        name("shop.svc.cluster.local"),
                        name("svc.cluster.local"),
                        name("cluster.local"));
        assertThat(assumed.nameservers()).isEqualTo(own.nameservers());
        assertThat(assumed.origin()).isEqualTo(Resolver.Origin.ASSUMED);
    }

    @Tag("fuzz")
    @Property
    void anyText_isReadWithoutFailing(@ForAll String text) {
        assertThat(ResolvConf.parse(text)).isNotNull();
        assertThat(ResolvConf.parse("nameserver " + text + "\nsearch " + text)).isNotNull();
        assertThat(DnsSettings.Listen.parse(text)).isNotNull();
    }
}
