package dev.ambit.e2e.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.e2e.lab.Command;
import dev.ambit.e2e.lab.Running;
import dev.ambit.e2e.mesh.MeshLab;
import dev.ambit.e2e.mesh.PodWaypoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Waypoints that come and go, and change, under load: no request is lost that a client could send
/// again, and what goes in good order costs not even that.
@Tag("lab")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.ambit.e2e.scenario.Pair#all")
@ExtendWith(MatrixTable.class)
class L7LifeScenario {
    private static final String PODS = "waypoints.yaml";
    private static final Duration PATIENT = Duration.ofSeconds(10);
    private static final Duration HASTY = Duration.ofSeconds(1);
    private static final int CLIENTS = 4;
    private static final int SOME = 100;
    private static final Pattern TROUBLE = Pattern.compile(" [05]\\d* [A-Z]|error=| drain");
    private static final Pattern SERIAL = Pattern.compile("serial[^:]*:\\s*\"([^\"]+)\"");

    /// The waypoint's service, whose pods the scenarios make.
    private static final String GATEWAY =
            """
            apiVersion: gateway.networking.k8s.io/v1
            kind: Gateway
            metadata: {name: wp, namespace: shop, labels: {istio.io/waypoint-for: service}}
            spec:
              gatewayClassName: istio-waypoint
              listeners: [{name: mesh, port: 15008, protocol: HBONE}]
            status: {addresses: [{type: Hostname, value: wp.shop.svc.cluster.local}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: wp, namespace: shop}
            spec:
              selector: {gateway.networking.k8s.io/gateway-name: wp, ready: "yes"}
              ports: [{name: mesh, port: 15008, appProtocol: hbone}]
            """;

    private static String waypointPods(List<String> ready, String... starting) {
        var yaml = new StringBuilder();
        ready.forEach(name -> yaml.append(waypointPod(name, "yes")));
        Arrays.stream(starting).forEach(name -> yaml.append(waypointPod(name, "no")));
        return yaml.toString();
    }

    private static String waypointPod(String name, String ready) {
        return """
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: %s
          namespace: shop
          labels:
            gateway.networking.k8s.io/gateway-name: wp
            gateway.istio.io/managed: istio.io-mesh-controller
            istio.io/dataplane-mode: none
            ready: "%s"
        spec: {nodeName: node-2, serviceAccountName: wp, containers: [{name: istio-proxy}]}
        """
                .formatted(name, ready);
    }

    @TempDir private static Path directory;

    @Parameter private Pair pair;
    private L7Mesh l7;
    private MeshLab mesh;

    @BeforeParameterizedClassInvocation
    void up() throws Exception {
        var more = GATEWAY + waypointPod("one", "yes");
        l7 = L7Mesh.start(directory.resolve(pair.toString()), pair::in, more);
        mesh = l7.mesh();
        // From here on its pods are in a file of their own.
        mesh.apply(PODS, waypointPods(List.of("one")));
        mesh.apply("more.yaml", GATEWAY);
    }

    @AfterParameterizedClassInvocation
    void down() {
        if (l7 != null) {
            l7.close();
        }
    }

    /// Each begins with one waypoint, that serves.
    @BeforeEach
    void one() {
        scale("one");
        l7.await("an answer", () -> l7.call(L7Mesh.API + "/").ok());
    }

    /// As a cluster does it: new pods get traffic once they are ready, old ones get none before
    /// they are told to end.
    private void scale(String... names) {
        var wanted = List.of(names);
        var there = running();
        var starting = wanted.stream().filter(name -> !there.contains(name)).toList();
        var staying = wanted.stream().filter(there::contains).toList();
        if (!starting.isEmpty()) {
            mesh.apply(PODS, waypointPods(there, starting.toArray(String[]::new)));
            mesh.sync();
            starting.forEach(name -> waypoint(name).awaitReady());
        }
        mesh.apply(PODS, waypointPods(wanted));
        if (!staying.equals(there)) {
            mesh.sync();
        }
    }

    private List<String> running() {
        return mesh.pods().stream()
                .filter(pod -> pod.serviceAccount().equals("wp"))
                .map(pod -> pod.place().name())
                .toList();
    }

    private PodWaypoint waypoint(String name) {
        return mesh.waypoint("shop/" + name);
    }

    private void more(Load load) {
        int before = load.answered();
        l7.await(SOME + " answers more", () -> load.answered() >= before + SOME);
    }

    private void used(String name) {
        l7.await(name + " has traffic", () -> requests(name) > 0);
    }

    private long requests(String name) {
        return L7Mesh.count(
                waypoint(name), "istio_requests_total", List.of("reporter=\"waypoint\""));
    }

    private void assertCalm(Load load) {
        assertThat(load.lost()).as(this::trouble).isEmpty();
        assertThat(load.again()).as(this::trouble).isEmpty();
    }

    /// What the proxies say of it.
    private String trouble() {
        return mesh.lab().processes().all().stream()
                .filter(process -> process.name().matches("(waypoint|ztunnel)-.*"))
                .distinct()
                .flatMap(process -> lines(process).reversed().stream().limit(20))
                .collect(Collectors.joining("\n"));
    }

    private static List<String> lines(Running process) {
        return process.lines().stream()
                .filter(line -> TROUBLE.matcher(line).find())
                .map(line -> process.name() + ": " + line)
                .toList();
    }

    @Test
    void scaled_oneToThreeToOne_noRequestIsSentTwice() {
        try (var load = Load.start(l7, CLIENTS, "/", PATIENT)) {
            more(load);
            scale("one", "two", "three");
            more(load);
            used("two");
            used("three");
            scale("two");
            more(load);
            assertCalm(load);
        }
    }

    @Test
    void upgraded_theNewOneFirst_noRequestIsSentTwice_norIsOneUnderWayCut() {
        try (var load = Load.start(l7, CLIENTS, "/", PATIENT)) {
            more(load);
            var download =
                    CompletableFuture.supplyAsync(
                            () ->
                                    l7.call(
                                            "-o",
                                            "/dev/null",
                                            "-w",
                                            "%{size_download}#",
                                            L7Mesh.API + "/bytes/1500000?rate=1000000"),
                            task -> Thread.ofVirtual().start(task));

            scale("new");

            assertThat(download.join().body()).startsWith("1500000#");
            more(load);
            assertCalm(load);
        }
        assertThat(running()).containsExactly("new");
    }

    @Test
    void killed_theOthersTakeItsRequests() {
        scale("one", "two");
        try (var load = Load.start(l7, CLIENTS, "/", PATIENT)) {
            used("one");
            used("two");

            waypoint("two").process().kill();

            more(load);
            assertThat(load.lost()).as(this::trouble).isEmpty();

            mesh.startWaypoint(mesh.pod("shop/two")).awaitReady();
            used("two");
            assertThat(load.lost()).as(this::trouble).isEmpty();
        }
    }

    @Test
    void frozen_theOthersTakeWhatIsSentAgain_andItGoesOn() {
        scale("one", "two");
        var frozen = waypoint("two");
        try (var load = Load.start(l7, CLIENTS, "/", HASTY)) {
            used("one");
            used("two");

            signal("STOP", frozen);
            more(load);
            assertThat(load.again()).isNotEmpty();
            signal("CONT", frozen);

            long before = requests("two");
            l7.await(
                    "it has traffic again",
                    () -> {
                        l7.call(L7Mesh.API + "/");
                        return requests("two") > before;
                    });
            assertThat(load.lost()).isEmpty();
        }
    }

    private void signal(String name, PodWaypoint waypoint) {
        Command.of("kill", "-" + name, Long.toString(waypoint.process().pid()))
                .run(Duration.ofSeconds(5));
    }

    @Test
    void rulesChanged_noRequestUnderWayIsDisturbed() {
        try (var load = Load.start(l7, CLIENTS, "/", PATIENT);
                var slow = Load.start(l7, 2, "/bytes/200000?rate=400000", PATIENT)) {
            for (int i = 0; i < 5; i++) {
                var header = "x-round: " + i;
                l7.rules(ROUND.formatted(i));
                l7.await(
                        "round " + i,
                        () -> l7.call("-D", "-", L7Mesh.API + "/").body().contains(header));
            }
            l7.rules("");
            more(load);
            assertThat(slow.answered()).isPositive();
            assertCalm(slow);
            assertCalm(load);
        }
    }

    private static final String ROUND =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: api, namespace: shop}
            spec:
              hosts: [api]
              http:
                - route: [{destination: {host: api}}]
                  headers: {response: {set: {x-round: "%d"}}}
            """;

    @Test
    void certificateRenewed_againAndAgain_noRequestIsDisturbed() {
        waypoint("one").process().stop();
        var pod = mesh.pod("shop/one");
        mesh.startWaypoint(pod, Map.of("SECRET_TTL", "8s")).awaitReady();
        l7.await("an answer", () -> l7.call(L7Mesh.API + "/").ok());
        try (var load = Load.start(l7, CLIENTS, "/", PATIENT);
                var slow = Load.start(l7, 2, "/bytes/200000?rate=400000", PATIENT)) {
            var serial = serial("one");
            for (int i = 0; i < 2; i++) {
                var last = serial;
                l7.await("a new certificate", () -> !serial("one").equals(last));
                serial = serial("one");
                more(load);
            }
            assertCalm(slow);
            assertCalm(load);
        }
    }

    private String serial(String name) {
        var matcher = SERIAL.matcher(waypoint(name).admin("/certs"));
        // The root's is the first.
        return matcher.results().map(found -> found.group(1)).reduce((_, last) -> last).orElse("");
    }
}
