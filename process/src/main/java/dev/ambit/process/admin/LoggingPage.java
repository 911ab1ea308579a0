package dev.ambit.process.admin;

import dev.ambit.process.log.Logs;
import java.util.function.Function;

/// `POST /logging`: shows and changes levels, while the process runs. The answers are the
/// reference's, since people's tools read them.
public final class LoggingPage implements Function<Ask, Answer> {
    static final String HELP =
            """

            usage: POST /logging\t\t\t\t\t\t(To list current level)
            usage: POST /logging?level=<level>\t\t\t\t(To change global levels)
            usage: POST /logging?level={mod1}:{level1},{mod2}:{level2}\t(To change specific mods' logging level)

            hint: loglevel:\terror|warn|info|debug|trace|off
            hint: mod_name:\tthe module name, i.e. ztunnel::proxy
            """;

    private final Logs logs;

    public LoggingPage(Logs logs) {
        this.logs = logs;
    }

    @Override
    public Answer apply(Ask ask) {
        if (!ask.method().equals("POST")) {
            return Answer.text(405, "Invalid HTTP method\n " + HELP);
        }
        boolean reset = ask.parameter("reset").isPresent();
        var level = ask.parameter("level").orElse("");
        if (!level.isEmpty() && !Logs.isValid(level)) {
            return Answer.text(400, "Invalid level provided: " + level + "\n" + HELP);
        }
        if (reset) {
            logs.reset();
        }
        if (!level.isEmpty()) {
            logs.add(level);
        }
        return Answer.text(200, "current log level is " + logs.describe() + "\n");
    }
}
