package dev.ambit.waypoint.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.hbone.ConnectRequest;
import dev.ambit.waypoint.model.ChainTable;
import dev.ambit.waypoint.model.Inspection;
import dev.ambit.waypoint.model.PortRule;
import dev.ambit.waypoint.model.TcpChain;
import dev.ambit.waypoint.model.TcpChain.WeightedCluster;
import dev.ambit.waypoint.proxy.ConnectDispatch.Decision;
import dev.ambit.waypoint.telemetry.TcpTelemetry;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which chain a CONNECT gets. What is answered was seen from a real Envoy.
class ConnectDispatchTest {
    private static PortRule rule(String name) {
        return new PortRule.Tcp(
                new TcpChain(
                        name,
                        List.of(),
                        List.of(new WeightedCluster("c", 1)),
                        Duration.ZERO,
                        Duration.ZERO,
                        1,
                        false,
                        Optional.empty(),
                        TcpTelemetry.NONE));
    }

    private static ChainTable.Range range(
            String prefix, int length, Map<Integer, PortRule> ports, Optional<PortRule> any) {
        try {
            return new ChainTable.Range(InetAddress.getByName(prefix), length, ports, any);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static final ChainTable CHAINS =
            new ChainTable(
                    Map.of("far.example:80", rule("far")),
                    List.of(
                            range("10.96.0.11", 32, Map.of(80, rule("web")), Optional.empty()),
                            range("10.96.0.11", 16, Map.of(81, rule("wide")), Optional.empty()),
                            range("10.97.0.0", 20, Map.of(80, rule("cut")), Optional.empty()),
                            range("fd00::1", 128, Map.of(80, rule("six")), Optional.empty()),
                            range("10.244.1.5", 32, Map.of(), Optional.of(rule("direct"))),
                            range(
                                    "10.96.0.12",
                                    32,
                                    Map.of(
                                            80,
                                            new PortRule.BySource(
                                                    Map.of("waypoint", rule("passed on")),
                                                    rule("to the waypoint"))),
                                    Optional.empty())),
                    Inspection.NONE,
                    Optional.empty());

    @ParameterizedTest
    @CsvSource({
        "CONNECT, 10.96.0.11:80, , web",
        "CONNECT, 10.96.0.11:81, , wide",
        "CONNECT, 10.96.9.9:81, , wide",
        "CONNECT, 10.97.15.255:80, , cut",
        "CONNECT, 10.97.16.0:80, , 503",
        "CONNECT, 10.96.0.11:82, , reset",
        "CONNECT, '[fd00::1]:80', , six",
        "CONNECT, '[fd00::2]:80', , 503",
        "CONNECT, 10.244.1.5:9999, , direct",
        "CONNECT, 10.1.1.1:80, , 503",
        "CONNECT, far.example:80, , far",
        "CONNECT, near.example:80, , 503",
        "CONNECT, nonsense, , 503",
        "CONNECT, 10.96.0.12:80, , to the waypoint",
        "CONNECT, 10.96.0.12:80, waypoint, passed on",
        "CONNECT, 10.96.0.12:80, other, to the waypoint",
        "GET, 10.96.0.11:80, , 404"
    })
    void authority_decides(String method, String authority, String source, String expected) {
        var request =
                new ConnectRequest(
                        method,
                        authority,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.ofNullable(source));
        var text =
                switch (ConnectDispatch.decide(request, CHAINS)) {
                    case Decision.Take(PortRule.Tcp(var chain), _) -> chain.name();
                    case Decision.Take _ -> "another rule";
                    case Decision.Refuse(int status, _, _) -> Integer.toString(status);
                    case Decision.TakeAndReset _ -> "reset";
                };
        assertThat(text).isEqualTo(expected);
    }
}
