package dev.ambit.waypoint.admin;

import dev.ambit.process.admin.Answer;
import dev.ambit.process.admin.Ask;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// `/stats`: counters and gauges under Envoy's names, as `name: value`.
public final class StatsPage implements Function<Ask, Answer> {
    private final TreeMap<String, LongSupplier> single = new TreeMap<>();
    private final Supplier<? extends Iterable<Named>> many;

    public record Named(String name, long value) {}

    /// @param many those whose names are not known beforehand
    public StatsPage(Supplier<? extends Iterable<Named>> many) {
        this.many = many;
    }

    /// Before the page is served.
    public StatsPage add(String name, LongSupplier value) {
        single.put(name, value);
        return this;
    }

    @Override
    public Answer apply(Ask ask) {
        var values = new TreeMap<String, Long>();
        single.forEach((name, value) -> values.put(name, value.getAsLong()));
        many.get().forEach(each -> values.put(each.name(), each.value()));
        var wanted = ask.parameter("filter").orElse("");
        boolean used = ask.parameter("usedonly").isPresent();
        var filter = com.google.re2j.Pattern.compile(quotedIfBroken(wanted));
        var text = new StringBuilder();
        values.forEach((name, value) -> {
            boolean shown = wanted.isEmpty() || filter.matcher(name).find();
            if (shown && !(used && value == 0)) {
                text.append(name).append(": ").append(value).append('\n');
            }
        });
        return Answer.text(200, text.toString());
    }

    private static String quotedIfBroken(String pattern) {
        try {
            com.google.re2j.Pattern.compile(pattern);
            return pattern;
        } catch (com.google.re2j.PatternSyntaxException broken) {
            return com.google.re2j.Pattern.quote(pattern);
        }
    }
}
