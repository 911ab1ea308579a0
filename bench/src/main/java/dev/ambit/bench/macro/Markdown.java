package dev.ambit.bench.macro;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The tables of a run, as Markdown.
final class Markdown {
    /// Marks what rests on noisy samples only.
    private static final String NOISY = "~";

    private static final String DIRECT = "direct";
    private static final int RATIO_DECIMALS = 2;

    private final List<String> arms;
    private final Results results;
    private final List<String> bases;
    private final String subject;

    /// @param arms in the order of the columns; the ratios are those of `subject` to each of the
    ///   others that has proxies
    Markdown(List<String> arms, String subject, Results results) {
        this.arms = List.copyOf(arms);
        this.subject = subject;
        this.results = results;
        this.bases =
                arms.contains(subject)
                        ? arms.stream()
                                .filter(arm -> !arm.equals(subject) && !arm.equals(DIRECT))
                                .toList()
                        : List.of();
    }

    /// One row a quantity that any arm has.
    String table() {
        var lines = new ArrayList<String>();
        var head = new ArrayList<String>();
        head.add("measure");
        head.addAll(arms);
        bases.forEach(base -> head.add(subject + " ÷ " + base));
        lines.add(row(head));
        var rule = new ArrayList<String>();
        head.forEach(column -> rule.add(rule.isEmpty() ? "---" : "---:"));
        lines.add(row(rule));
        for (Quantity quantity : Quantity.values()) {
            if (arms.stream().anyMatch(arm -> results.noisyToo(arm, quantity).isPresent())) {
                lines.add(line(quantity));
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private String line(Quantity quantity) {
        var cells = new ArrayList<String>();
        cells.add(quantity.title());
        for (String arm : arms) {
            cells.add(
                    cell(
                            results.absolute(arm, quantity),
                            results.noisyToo(arm, quantity),
                            quantity.decimals()));
        }
        for (String base : bases) {
            cells.add(
                    cell(
                            results.ratio(subject, base, quantity),
                            results.noisyRatio(subject, base, quantity),
                            RATIO_DECIMALS));
        }
        return row(cells);
    }

    private static String cell(Optional<Spread> quiet, Optional<Spread> any, int decimals) {
        return quiet.map(spread -> spread.text(decimals))
                .or(() -> any.map(spread -> NOISY + spread.text(decimals)))
                .orElse("");
    }

    static String row(List<String> cells) {
        return "| " + String.join(" | ", cells) + " |";
    }
}
