package dev.ambit.e2e.mesh;

import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.Running;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/// A waypoint as seen from outside: its process, pages and access log.
public final class PodWaypoint {
    private static final int ADMIN = 15000;
    private static final int STATS = 15020;
    private static final int READINESS = 15021;

    private final Lab lab;
    private final MeshPod pod;
    private final Running process;
    private final PodHttp http;

    PodWaypoint(Lab lab, MeshPod pod, Running process, PodHttp http) {
        this.lab = lab;
        this.pod = pod;
        this.process = process;
        this.http = http;
    }

    public MeshPod pod() {
        return pod;
    }

    public Running process() {
        return process;
    }

    public boolean isReady() {
        return http.request(pod.place().netns(), "GET", READINESS, "/healthz/ready")
                .filter(answer -> answer.status() == 200)
                .isPresent();
    }

    public void awaitReady() {
        process.awaitReady("200 from :15021/healthz/ready", this::isReady);
    }

    public String metrics() {
        return page(STATS, "/stats/prometheus");
    }

    /// A page of its admin port.
    public String admin(String target) {
        return page(ADMIN, target);
    }

    /// Lines that it has printed, of the access log or not.
    public List<String> lines() {
        return process.lines();
    }

    /// The first line from a position on that fits; waits for it.
    public Optional<String> line(int from, Duration limit, Predicate<String> wanted) {
        return lab.await()
                .first(limit, () -> lines().stream().skip(from).filter(wanted).findFirst());
    }

    private String page(int port, String target) {
        var answer = http.request(pod.place().netns(), "GET", port, target);
        return answer.filter(a -> a.status() == 200)
                .map(PodHttp.Answer::body)
                .orElseThrow(() ->
                        new LabFault(
                                "%s: GET %s answered %s (expected: status 200)"
                                        .formatted(process.name(), target, answer)));
    }
}
