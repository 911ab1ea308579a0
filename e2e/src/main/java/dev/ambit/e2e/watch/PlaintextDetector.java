package dev.ambit.e2e.watch;

import dev.ambit.e2e.lab.Lab;
import dev.ambit.e2e.lab.LabFault;
import dev.ambit.e2e.lab.Link;
import dev.ambit.e2e.lab.NetNamespace;
import dev.ambit.e2e.lab.ProcessSpec;
import dev.ambit.e2e.lab.Running;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Watches a link between two nodes and tells whether a marked payload could be read there.
///
/// That a marker was *not* seen means something only if every frame was looked at. So before
/// judging, the detector sends a packet of its own over the link and waits until that is in the
/// capture, and it refuses to judge when the kernel says that frames were dropped.
///
/// Sees text as it is; not compressed or encoded text. Needs `tcpdump`.
public final class PlaintextDetector implements AutoCloseable {
    private static final Pattern DROPPED = Pattern.compile("(\\d+) packets dropped by kernel");

    private final Lab lab;
    private final Link link;
    private final Running tcpdump;
    private final Path file;
    private int canaries;

    private PlaintextDetector(Lab lab, Link link, Running tcpdump, Path file) {
        this.lab = lab;
        this.link = link;
        this.tcpdump = tcpdump;
        this.file = file;
    }

    /// Starts watching; frames from now on are seen.
    public static PlaintextDetector start(Lab lab, Link link) {
        String name = "watch-%s-%s".formatted(link.from().name(), link.to().name());
        int again = 1;
        Path file = lab.state().directory().resolve(name + ".pcap");
        while (Files.exists(file)) {
            again++;
            file = lab.state().directory().resolve(name + "-" + again + ".pcap");
        }
        var command =
                List.of(
                        "tcpdump",
                        "-i",
                        link.networkInterface(),
                        "-n",
                        "-s",
                        "262144",
                        "-U",
                        "--immediate-mode",
                        "-B",
                        "32768",
                        "-Z",
                        "root",
                        "-w",
                        file.toString());
        NetNamespace where = link.from().netns();
        var running = lab.processes().start(where, ProcessSpec.of(name + "-" + again, command));
        running.awaitReady(
                "tcpdump listening",
                () -> running.lines().stream().anyMatch(line -> line.contains("listening on")));
        return new PlaintextDetector(lab, link, running, file);
    }

    /// Whether the marker could be read in anything that crossed the link until now.
    ///
    /// @param marker at least 8 characters that occur nowhere else
    public Sighting lookFor(String marker) {
        catchUp();
        return search(marker);
    }

    /// Stops watching and judges, dropped frames included.
    ///
    /// @throws LabFault if frames were dropped: then nothing can be said
    public Sighting stopAndLookFor(String marker) {
        catchUp();
        tcpdump.stop();
        Matcher dropped = DROPPED.matcher(String.join("\n", tcpdump.lines()));
        if (!dropped.find() || !dropped.group(1).equals("0")) {
            throw new LabFault(
                    "the capture on %s is not complete (expected: 0 packets dropped by kernel): %s"
                            .formatted(link.networkInterface(), tcpdump.tail()));
        }
        return search(marker);
    }

    @Override
    public void close() {
        tcpdump.stop();
    }

    private void catchUp() {
        canaries++;
        String canary = "ambit-canary-%d-%s".formatted(canaries, lab.state().id());
        String target = link.to().address().getHostAddress();
        boolean seen =
                lab.await()
                        .until(
                                lab.config().limits().processReady(),
                                () -> {
                                    send(canary, target);
                                    return search(canary).markerInClear();
                                });
        if (!seen) {
            throw new LabFault(
                    "the capture on %s does not see a packet sent over it: %s"
                            .formatted(link.networkInterface(), tcpdump.tail()));
        }
    }

    /// To the discard port: nobody listens, which is fine, the packet has crossed by then.
    private void send(String canary, String target) {
        lab.run(
                link.from().netns(),
                "bash",
                "-c",
                "echo %s > /dev/udp/%s/9".formatted(canary, target));
    }

    private Sighting search(String marker) {
        var search = new MarkerSearch(marker.getBytes(StandardCharsets.UTF_8));
        try (Capture capture = Capture.open(file)) {
            return search.in(capture);
        } catch (IOException e) {
            throw new LabFault("cannot read the capture " + file + ": " + e.getMessage(), e);
        }
    }
}
