package dev.ambit.bench.macro;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A bound that the project set itself.
///
/// @param base the arm that the ratio is to; empty when the bound is absolute
/// @param most the median may be at most this
record Target(Quantity quantity, Optional<String> base, double most) {
    static final String SUBJECT = "ambit";

    static List<Target> all() {
        return List.of(
                ratio(Quantity.CPU_1, "haproxy", 1.0),
                ratio(Quantity.CPU_1, "ztunnel", 1.1),
                ratio(Quantity.CPU_8, "haproxy", 1.0),
                ratio(Quantity.CPU_8, "ztunnel", 1.1),
                ratio(Quantity.ADDED_P50, "haproxy", 1.0),
                ratio(Quantity.ADDED_P99, "haproxy", 2.0),
                absolute(Quantity.CPU_CONNECTION_A, 200),
                absolute(Quantity.CPU_CONNECTION_B, 200),
                absolute(Quantity.RSS_IDLE, 90),
                absolute(Quantity.READY, 700));
    }

    private static Target ratio(Quantity quantity, String base, double most) {
        return new Target(quantity, Optional.of(base), most);
    }

    private static Target absolute(Quantity quantity, double most) {
        return new Target(quantity, Optional.empty(), most);
    }

    /// What was reached, as Markdown; empty when nothing of it was measured.
    static String table(Results results) {
        var lines = new ArrayList<String>();
        for (Target target : all()) {
            target.reached(results, true)
                    .ifPresent(any -> {
                        var quiet = target.reached(results, false);
                        lines.add(target.line(quiet.orElse(any), quiet.isEmpty()));
                    });
        }
        return lines.isEmpty()
                ? ""
                : "| bound | at most | reached | met |\n| --- | ---: | ---: | --- |\n"
                        + String.join("\n", lines)
                        + "\n";
    }

    private Optional<Spread> reached(Results results, boolean noisyToo) {
        if (base.isPresent()) {
            return noisyToo
                    ? results.noisyRatio(SUBJECT, base.get(), quantity)
                    : results.ratio(SUBJECT, base.get(), quantity);
        }
        return noisyToo ? results.noisyToo(SUBJECT, quantity) : results.absolute(SUBJECT, quantity);
    }

    private String line(Spread reached, boolean noisy) {
        String name = quantity.title() + base.map(arm -> ", ÷ " + arm).orElse("");
        int decimals = base.isPresent() ? 2 : quantity.decimals();
        return Markdown.row(
                List.of(
                        name,
                        String.format(Locale.ROOT, "%." + decimals + "f", most),
                        (noisy ? "~" : "") + reached.text(decimals),
                        reached.median() <= most ? "yes" : "no"));
    }
}
