package dev.ambit.control.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.control.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectorySourceTest {
    private static final DirectorySource.Pace PACE =
            new DirectorySource.Pace(
                    Duration.ofMillis(80), Duration.ofMillis(400), Duration.ofSeconds(1));
    private static final YamlLimits LIMITS = new YamlLimits(100_000, 1_000, 50, 64);

    @TempDir private Path directory = Path.of(".");
    private final BlockingQueue<ResourceSet> states = new LinkedBlockingQueue<>();
    private DirectorySource source =
            new DirectorySource(directory, PACE, LIMITS, 5, Unusable.REFUSE);

    @BeforeEach
    void open() {
        source = new DirectorySource(directory, PACE, LIMITS, 5, Unusable.REFUSE);
    }

    @AfterEach
    void close() {
        source.close();
    }

    @Test
    void start_directory_readsYamlAndJsonAndNothingElse() throws Exception {
        write("a.yaml", Yaml.strict("a"));
        write(
                "b.json",
                "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\","
                        + " \"metadata\": {\"name\": \"b\"}}");
        write("c.txt", Yaml.strict("c"));
        write(".d.yaml", Yaml.strict("d"));

        assertThat(names(started())).containsExactly("a", "b");
    }

    @Test
    void change_file_newStateWithinASecond() throws Exception {
        write("a.yaml", Yaml.strict("a"));
        started();

        long before = System.nanoTime();
        write("a.yaml", Yaml.documents(Yaml.strict("a"), Yaml.strict("b")));

        assertThat(names(next())).containsExactly("a", "b");
        // The machine may be busy; the settings promise 80 ms plus the reading.
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void change_fileReplacedByRename_newState() throws Exception {
        write("a.yaml", Yaml.strict("a"));
        started();

        Files.writeString(directory.resolve("new"), Yaml.strict("b"));
        Files.move(
                directory.resolve("new"),
                directory.resolve("a.yaml"),
                StandardCopyOption.ATOMIC_MOVE);

        assertThat(names(next())).containsExactly("b");
    }

    @Test
    void change_fileRemoved_itsResourcesGo() throws Exception {
        write("a.yaml", Yaml.strict("a"));
        write("b.yaml", Yaml.strict("b"));
        started();

        Files.delete(directory.resolve("b.yaml"));

        assertThat(names(next())).containsExactly("a");
    }

    @Test
    void change_fileBreaksAndIsMended_lastGoodStateMeanwhile() throws Exception {
        write("a.yaml", Yaml.strict("a"));
        started();

        write("a.yaml", "kind: [");
        var broken = next();
        assertThat(names(broken)).containsExactly("a");
        assertThat(broken.problems()).extracting(p -> p.origin().file()).containsExactly("a.yaml");

        write("a.yaml", Yaml.strict("b"));
        var mended = next();
        assertThat(names(mended)).containsExactly("b");
        assertThat(mended.problems()).isEmpty();
    }

    @Test
    void read_notUtf8_reported() throws Exception {
        Files.write(directory.resolve("a.yaml"), new byte[] {'a', ':', ' ', (byte) 0xff});

        assertThat(started().problems())
                .extracting(Problem::message)
                .first()
                .asString()
                .contains("not UTF-8");
    }

    @Test
    void read_tooLarge_reported() throws Exception {
        write("a.yaml", "#".repeat(100_001));

        assertThat(started().problems())
                .extracting(Problem::message)
                .first()
                .asString()
                .contains("100001 bytes (expected: at most 100000)");
    }

    @Test
    void read_sameResourceTwice_firstCountsSecondReported() throws Exception {
        write("a.yaml", Yaml.strict("same"));
        write("b.yaml", Yaml.strict("same"));

        var state = started();

        assertThat(state.resources()).hasSize(1);
        assertThat(state.problems())
                .extracting(Problem::toString)
                .first()
                .asString()
                .contains(
                        "b.yaml:1", "PeerAuthentication shop/same", "already defined at a.yaml:1");
    }

    @Test
    void read_list_itemsAreResources() throws Exception {
        write(
                "a.yaml",
                "apiVersion: v1\nkind: List\nitems:\n"
                        + Yaml.strict("a").indent(2).replaceFirst(" ", "-"));

        assertThat(names(started())).containsExactly("a");
    }

    @Test
    void read_meshConfig_hasItsPart() throws Exception {
        write(
                "meshconfig.yaml",
                "trustDomain: example.org\nrootNamespace: mesh\nunknown: {a: b}\n");

        var mesh = started().mesh();

        assertThat(mesh.trustDomain()).isEqualTo("example.org");
        assertThat(mesh.rootNamespace()).isEqualTo("mesh");
    }

    @Test
    void read_unknownKind_noticed() throws Exception {
        write("a.yaml", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n");

        assertThat(started().problems())
                .extracting(Problem::severity)
                .containsExactly(Problem.Severity.NOTICE);
    }

    @Test
    void read_remoteDirectory_anotherCluster() throws Exception {
        Files.createDirectories(directory.resolve("remote-two"));
        Files.createDirectories(directory.resolve("other"));
        write("a.yaml", Yaml.NAMESPACE);
        write("remote-two/a.yaml", Yaml.documents(Yaml.NAMESPACE, Yaml.service("web", "10.0.0.1")));
        write("remote-two/policy.yaml", Yaml.documents(Yaml.strict("s"), Yaml.strict("t")));
        write("other/a.yaml", Yaml.strict("c"));

        var state = started();

        assertThat(names(state)).containsExactly("shop");
        assertThat(state.remotes()).containsOnlyKeys("two");
        assertThat(state.remotes().get("two")).hasSize(2);
        // Policies of a remote cluster have no effect, and that is said.
        assertThat(state.problems())
                .extracting(Problem::severity)
                .containsExactly(Problem.Severity.NOTICE, Problem.Severity.NOTICE);
    }

    @Test
    void change_remoteDirectory_followed() throws Exception {
        write("a.yaml", Yaml.NAMESPACE);
        assertThat(started().remotes()).isEmpty();

        Files.createDirectories(directory.resolve("remote-two"));
        write("remote-two/a.yaml", Yaml.service("web", "10.0.0.1"));
        assertThat(next().remotes()).containsOnlyKeys("two");

        write("remote-two/a.yaml", Yaml.service("web", "10.0.0.2"));
        assertThat(next().remotes()).containsOnlyKeys("two");

        Files.delete(directory.resolve("remote-two/a.yaml"));
        Files.delete(directory.resolve("remote-two"));
        assertThat(next().remotes()).isEmpty();
    }

    private ResourceSet started() throws IOException {
        source.start(states::add);
        return states.remove();
    }

    private ResourceSet next() throws InterruptedException {
        var state = states.poll(10, TimeUnit.SECONDS);
        assertThat(state).as("a new state").isNotNull();
        return state == null ? ResourceSet.empty() : state;
    }

    private void write(String file, String text) throws IOException {
        // As one step, so that no half-written state can be seen.
        var next = directory.resolve(file + ".next");
        Files.write(next, text.getBytes(StandardCharsets.UTF_8));
        Files.move(next, directory.resolve(file), StandardCopyOption.ATOMIC_MOVE);
    }

    private static List<String> names(ResourceSet set) {
        return set.resources().stream().map(r -> r.meta().name()).toList();
    }
}
