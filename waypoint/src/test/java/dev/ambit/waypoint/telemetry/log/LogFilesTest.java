package dev.ambit.waypoint.telemetry.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ambit.waypoint.telemetry.Exchanges;
import dev.ambit.waypoint.telemetry.TelemetryLimits;
import dev.ambit.waypoint.telemetry.format.FormatContext;
import dev.ambit.waypoint.telemetry.format.JsonFormat;
import dev.ambit.waypoint.telemetry.format.TextFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFilesTest {
    private static final TelemetryLimits LIMITS =
            TelemetryLimits.defaults().withLog(4, 20, Duration.ofMillis(1));

    @TempDir Path directory;

    @Test
    void lines_ofSeveralFiles_areAppendedInOrder() throws IOException {
        var one = directory.resolve("one");
        var two = directory.resolve("two");
        Files.writeString(one, "before\n");
        try (var files = new LogFiles(TelemetryLimits.defaults())) {
            files.file(one.toString()).write("a\n");
            files.file(two.toString()).write("caf\u00c3\u00a9\n");
            files.file(one.toString()).write("b\n");
        }
        assertThat(Files.readString(one)).isEqualTo("before\na\nb\n");
        assertThat(Files.readString(two)).isEqualTo("caf\u00e9\n");
    }

    @Test
    void line_tooLong_isCut() throws IOException {
        var path = directory.resolve("f");
        try (var files = new LogFiles(LIMITS)) {
            files.file(path.toString()).write("x".repeat(30) + "\n");
        }
        assertThat(Files.readString(path)).isEqualTo("x".repeat(20) + "...\n");
    }

    @Test
    void file_thatIsSlow_losesLinesAndNobodyWaits() throws InterruptedException {
        var reached = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        var files =
                new LogFiles(
                        LIMITS,
                        _ -> {
                            reached.countDown();
                            try {
                                release.await();
                            } catch (InterruptedException stopped) {
                                Thread.currentThread().interrupt();
                            }
                            return java.io.OutputStream.nullOutputStream();
                        });
        var file = files.file("f");
        file.write("first\n");
        reached.await();
        for (int at = 0; at < 10; at++) {
            file.write("more\n");
        }
        assertThat(files.dropped()).isEqualTo(6);
        release.countDown();
        files.close();
        assertThat(files.written()).isEqualTo(5);
        file.write("late\n");
        assertThat(files.dropped()).isEqualTo(7);
    }

    @Test
    void file_thatCantBeWritten_isCounted() {
        var files = new LogFiles(LIMITS);
        files.file(directory.resolve("no/such/place").toString()).write("a\n");
        files.file("\0").write("b\n");
        files.close();
        assertThat(files.dropped()).isEqualTo(2);
    }

    @Test
    void sink_textAndJson_writeOneLineEach() throws Exception {
        var path = directory.resolve("f");
        var context = FormatContext.of(Exchanges.PROCESS);
        var info = Exchanges.ofTable("denied");
        try (var files = new LogFiles(TelemetryLimits.defaults())) {
            var file = files.file(path.toString());
            new AccessLog(
                            new LogFilter.All(),
                            new LineSink(
                                    new LineSink.Line.Text(
                                            TextFormat.compile("%RESPONSE_CODE%\n", context)),
                                    file))
                    .log(info);
            new AccessLog(
                            new LogFilter.StatusCode(LogFilter.Comparison.GREATER_OR_EQUAL, 400),
                            new LineSink(
                                    new LineSink.Line.Json(
                                            JsonFormat.compile(
                                                    Map.of("c", "%RESPONSE_CODE%"),
                                                    context,
                                                    false)),
                                    file))
                    .log(info);
            new AccessLog(
                            new LogFilter.None(),
                            new LineSink(
                                    new LineSink.Line.Text(TextFormat.compile("no", context)),
                                    file))
                    .log(info);
        }
        assertThat(Files.readString(path)).isEqualTo("403\n{\"c\":403}\n");
    }
}
