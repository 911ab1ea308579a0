package dev.ambit.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NamespaceProcessesTest {
    private static final String PATH = "etc/resolv.conf";

    @TempDir Path root;

    private String read() throws IOException {
        return new String(NamespaceProcesses.readIn(root, PATH, 4096), UTF_8);
    }

    private Path file() throws IOException {
        Files.createDirectories(root.resolve("etc"));
        return root.resolve(PATH);
    }

    @Test
    void regularFile_isReadUpToTheLimit() throws IOException {
        Files.writeString(file(), "nameserver 10.0.0.1");

        assertThat(read()).isEqualTo("nameserver 10.0.0.1");
        assertThat(NamespaceProcesses.readIn(root, PATH, 4)).isEqualTo("name".getBytes(UTF_8));
    }

    @Test
    void linkToAnAbsolutePath_staysInsideTheRoot() throws IOException {
        Files.createSymbolicLink(file(), Path.of("/secret"));
        Files.writeString(root.resolve("secret"), "inside");

        assertThat(read()).isEqualTo("inside");
    }

    @Test
    void linkThatClimbsOut_staysInsideTheRoot() throws IOException {
        Files.createSymbolicLink(file(), Path.of("../../../../../../../../etc/hostname"));

        assertThatThrownBy(this::read).hasMessageContaining("ENOENT");
    }

    @Test
    void linkThroughProc_isRefused() throws IOException {
        Files.createSymbolicLink(file(), Path.of("/proc/self/root/etc/hostname"));

        assertThatThrownBy(this::read).isInstanceOf(IOException.class);
    }

    @Test
    void pipe_isRefusedAndDoesNotBlock() throws Exception {
        assumeTrue(
                new ProcessBuilder("mkfifo", file().toString()).start().waitFor() == 0,
                "needs mkfifo");

        assertThatThrownBy(this::read).hasMessageContaining("not a regular file");
    }

    @Test
    void ownNamespace_hasAProcessThatIsFound() throws IOException {
        try (var own = NetworkNamespace.current()) {
            var processes = new NamespaceProcesses(Path.of("/proc"));
            assertThat(processes.read(own, "etc/passwd", 64)).isPresent();
        }
    }

    @Test
    void noProc_findsNothing() throws IOException {
        try (var own = NetworkNamespace.current()) {
            assertThat(new NamespaceProcesses(root).read(own, PATH, 64)).isEmpty();
        }
    }
}
