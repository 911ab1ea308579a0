package dev.ambit.e2e.mesh;

import dev.ambit.e2e.lab.Command;
import dev.ambit.e2e.lab.NetNamespace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A call with the real `curl`, as people make it.
///
/// @param exit curl's own code, 0 when it got an answer
/// @param status HTTP status, 0 when there was none
/// @param seconds from start to the last byte
public record Curl(int exit, int status, String body, String error, double seconds) {
    private static final String MARK = "\n#curl ";
    private static final Duration SLACK = Duration.ofSeconds(5);

    public boolean ok() {
        return exit == 0 && status == 200;
    }

    /// @param limit for the whole transfer
    static Curl call(NetNamespace from, Duration limit, List<String> arguments) {
        var words =
                new ArrayList<>(
                        List.of(
                                "curl",
                                "-sS",
                                "--max-time",
                                Long.toString(limit.toSeconds()),
                                "-w",
                                MARK + "%{http_code} %{time_total}"));
        words.addAll(arguments);
        var result = new Command(from.inside(words), "").attempt(limit.plus(SLACK));
        return parse(result.code(), result.out(), result.err().strip());
    }

    static Curl parse(int exit, String out, String error) {
        int mark = out.lastIndexOf(MARK);
        if (mark < 0) {
            return new Curl(exit, 0, out, error, 0);
        }
        String[] facts = out.substring(mark + MARK.length()).strip().split(" ");
        return new Curl(
                exit,
                Integer.parseInt(facts[0]),
                out.substring(0, mark),
                error,
                Double.parseDouble(facts[1]));
    }
}
