package dev.ambit.process.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LineWriterTest {
    private static final int QUEUE = 8;

    private static LogLimits limits() {
        return new LogLimits(QUEUE, 4, 100, Duration.ofMillis(1));
    }

    private static LineWriter writer(OutputStream out) {
        return new LineWriter(out, new LineFormat(LogFormat.PLAIN), limits());
    }

    private static LogRecord line(String message) {
        var record = new LogRecord(Level.INFO, message);
        record.setLoggerName("dev.ambit.test");
        return record;
    }

    /// A reader of stdout that has stopped reading, until it is told to go on.
    private static final class StuckOutput extends ByteArrayOutputStream {
        private final CountDownLatch entered = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);

        @Override
        public void write(byte[] bytes) throws IOException {
            entered.countDown();
            try {
                goOn.await();
            } catch (InterruptedException stopping) {
                throw new IOException(stopping);
            }
            super.write(bytes);
        }

        long lines() {
            return toString(StandardCharsets.UTF_8).lines().count();
        }
    }

    /// Nobody else is needed for `publish` to return: this thread could not go on otherwise.
    @Test
    void stuckReader_holdsNobodyUp_andWhatIsDroppedIsCounted() throws Exception {
        var out = new StuckOutput();
        var writer = writer(out);
        writer.publish(line("first"));
        assertThat(out.entered.await(20, TimeUnit.SECONDS)).isTrue();

        for (int i = 0; i < QUEUE + 5; i++) {
            writer.publish(line("line " + i));
        }

        assertThat(writer.dropped()).isEqualTo(5);
        out.goOn.countDown();
        writer.close();
        assertThat(out.lines()).isEqualTo(1 + QUEUE);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("line 0\t", "line 7\t")
                .doesNotContain("line 8\t");
    }

    @Test
    void close_writesWhatIsQueued_andLaterLinesAreCounted() {
        var out = new ByteArrayOutputStream();
        var writer = writer(out);
        IntStream.range(0, 5).forEach(i -> writer.publish(line("line " + i)));

        writer.close();
        writer.publish(line("late"));

        assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(5);
        assertThat(writer.dropped()).isEqualTo(1);
    }

    @Test
    void closedStdout_isCounted() {
        var writer =
                writer(
                        new OutputStream() {
                            @Override
                            public void write(int b) throws IOException {
                                throw new IOException("broken pipe");
                            }
                        });
        writer.publish(line("a"));
        writer.publish(line("b"));

        writer.close();

        assertThat(writer.dropped()).isEqualTo(2);
    }

    @Test
    void longLine_isCut() {
        var out = new ByteArrayOutputStream();
        var writer = writer(out);
        writer.publish(line("x".repeat(500)));

        writer.close();

        assertThat(out.toString(StandardCharsets.UTF_8)).hasSize(104).endsWith("xxx...\n");
    }

    /// A value whose text can't be had is a bug elsewhere; the lines around it are written.
    @Test
    void lineThatCannotBeMade_isCounted_andTheOthersAreWritten() {
        var out = new ByteArrayOutputStream();
        var writer = writer(out);
        var broken =
                new Object() {
                    @Override
                    public String toString() {
                        throw new IllegalStateException("broken");
                    }
                };
        writer.publish(line("before"));
        writer.publish(new FieldLog.Entry(Level.INFO, "bad", new Object[] {"value", broken}));
        writer.publish(line("after"));

        writer.close();

        assertThat(out.toString(StandardCharsets.UTF_8)).contains("before", "after");
        assertThat(writer.dropped()).isEqualTo(1);
    }
}
