package dev.ambit.waypoint.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The arguments of `proxy waypoint ...`, as injected pods have them: `--name value` or
/// `--name=value`. What is not known is remarked on, since other versions have other ones.
public record Arguments(Map<String, String> options, List<String> remarks) {
    /// Understood.
    private static final Set<String> READ =
            Set.of("domain", "serviceCluster", "log_output_level", "log_as_json", "concurrency");

    /// Known, without effect here: they concern Envoy, or tools around it.
    private static final Set<String> WITHOUT_EFFECT =
            Set.of(
                    "proxyLogLevel",
                    "proxyComponentLogLevel",
                    "log_caller",
                    "log_rotate",
                    "log_rotate_max_age",
                    "log_rotate_max_backups",
                    "log_rotate_max_size",
                    "log_stacktrace_level",
                    "log_target",
                    "meshConfig",
                    "outlierLogPath",
                    "profiling",
                    "stsPort",
                    "templateFile",
                    "tokenManagerPlugin",
                    "vklog",
                    "trust-domain");

    private static final Set<String> FLAGS = Set.of("log_as_json", "profiling");

    /// @param arguments after `proxy waypoint`
    public static Arguments parse(List<String> arguments) {
        var options = new HashMap<String, String>();
        var remarks = new ArrayList<String>();
        for (int i = 0; i < arguments.size(); i++) {
            var argument = arguments.get(i);
            if (!argument.startsWith("--") || argument.length() == 2) {
                remarks.add("argument " + argument + " has no effect");
                continue;
            }
            int equals = argument.indexOf('=');
            var name = equals < 0 ? argument.substring(2) : argument.substring(2, equals);
            String value;
            if (equals >= 0) {
                value = argument.substring(equals + 1);
            } else if (FLAGS.contains(name)
                    || i + 1 == arguments.size()
                    || arguments.get(i + 1).startsWith("--")) {
                value = "true";
            } else {
                value = arguments.get(++i);
            }
            if (READ.contains(name)) {
                options.put(name, value);
            } else if (!WITHOUT_EFFECT.contains(name)) {
                remarks.add("argument --" + name + " is not known and has no effect");
            }
        }
        return new Arguments(Map.copyOf(options), List.copyOf(remarks));
    }

    Optional<String> option(String name) {
        return Optional.ofNullable(options.get(name));
    }
}
