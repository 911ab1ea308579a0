package dev.ambit.process.admin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

/// `/debug/pprof/profile`: what the process does for some seconds. The path and the parameter are
/// the reference's; the body is a Java flight recording (`jfr view hot-methods file`), since no
/// library that makes pprof of a Java process is worth its weight here.
public final class ProfilePage implements Function<Ask, Answer> {
    private static final int USUAL_SECONDS = 10;
    private static final int MOST_SECONDS = 300;

    /// Waits; the page's clock.
    public interface Sleeper {
        void sleep(Duration duration) throws InterruptedException;
    }

    private final Sleeper sleeper;

    public ProfilePage(Sleeper sleeper) {
        this.sleeper = sleeper;
    }

    @Override
    public Answer apply(Ask ask) {
        var text = ask.parameter("seconds").orElse(Integer.toString(USUAL_SECONDS));
        int seconds = text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : 0;
        if (seconds < 1 || seconds > MOST_SECONDS) {
            return Answer.text(400, "invalid seconds value; expected 1-" + MOST_SECONDS + "\n");
        }
        Path file = null;
        try (var recording = new Recording(Configuration.getConfiguration("profile"))) {
            file = Files.createTempFile("ambit", ".jfr");
            recording.start();
            sleeper.sleep(Duration.ofSeconds(seconds));
            recording.stop();
            recording.dump(file);
            return Answer.of(200, "application/octet-stream", Files.readAllBytes(file))
                    .with("content-disposition", "attachment; filename=\"ambit.jfr\"");
        } catch (IOException | java.text.ParseException | IllegalStateException failed) {
            return Answer.text(500, "flight recorder: " + failed.getMessage() + "\n");
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
            return Answer.text(500, "the process ends\n");
        } finally {
            delete(file);
        }
    }

    private static void delete(@org.jspecify.annotations.Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException leftBehind) {
            // A temporary file in a container that is thrown away.
        }
    }
}
