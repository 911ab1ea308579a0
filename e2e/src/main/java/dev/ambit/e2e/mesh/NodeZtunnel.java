package dev.ambit.e2e.mesh;

import dev.ambit.e2e.lab.Host;
import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.NetNamespace;
import dev.ambit.e2e.lab.Running;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/// The ztunnel of one node, or of one pod in dedicated mode, as seen from outside: its process,
/// pages and access log.
public final class NodeZtunnel {
    private static final int ADMIN = 15000;
    private static final int STATS = 15020;
    private static final int READINESS = 15021;
    private static final Duration QUIET = Duration.ofMillis(50);

    private final Lab lab;
    private final Host node;
    private final NetNamespace own;
    private final Running process;
    private final PodHttp http;

    /// @param own the namespace it runs in: the node's, or the pod's
    NodeZtunnel(Lab lab, Host node, NetNamespace own, Running process, PodHttp http) {
        this.lab = lab;
        this.node = node;
        this.own = own;
        this.process = process;
        this.http = http;
    }

    public Host node() {
        return node;
    }

    public Running process() {
        return process;
    }

    public boolean isReady() {
        return http.request(own, "GET", READINESS, "/healthz/ready")
                .filter(answer -> answer.status() == 200)
                .isPresent();
    }

    public void awaitReady() {
        process.awaitReady("200 from :15021/healthz/ready", this::isReady);
    }

    public String metrics() {
        return page("GET", STATS, "/metrics");
    }

    public String configDump() {
        return page("GET", ADMIN, "/config_dump");
    }

    /// Has a new certificate fetched for an identity of this node; Ambit's ztunnel only.
    public void rotate(String identity) {
        String name = URLEncoder.encode(identity, StandardCharsets.UTF_8);
        page("POST", ADMIN, "/certificates/rotate?identity=" + name);
    }

    /// The access log until now.
    public List<AccessLine> accessLog() {
        return process.lines().stream().map(AccessLine::parse).flatMap(Optional::stream).toList();
    }

    /// How many lines the access log has, once those of what has ended are written: they come a
    /// little later.
    public int logPosition() {
        var last = new int[] {accessLog().size()};
        lab.await()
                .until(
                        QUIET.multipliedBy(20),
                        () -> {
                            LockSupport.parkNanos(QUIET.toNanos());
                            int before = last[0];
                            last[0] = accessLog().size();
                            return before == last[0];
                        });
        return last[0];
    }

    /// The first line of the access log, from a position on, that fits; waits for it.
    public Optional<AccessLine> access(int from, Duration limit, Predicate<AccessLine> wanted) {
        return lab.await()
                .first(limit, () -> accessLog().stream().skip(from).filter(wanted).findFirst());
    }

    private String page(String method, int port, String target) {
        var answer = http.request(own, method, port, target);
        return answer.filter(a -> a.status() == 200)
                .map(PodHttp.Answer::body)
                .orElseThrow(() ->
                        new LabFault(
                                "%s of %s: %s %s answered %s (expected: status 200)"
                                        .formatted(
                                                process.name(),
                                                node.name(),
                                                method,
                                                target,
                                                answer)));
    }
}
