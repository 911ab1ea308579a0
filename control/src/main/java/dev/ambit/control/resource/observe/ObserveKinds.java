package dev.ambit.control.resource.observe;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.PolicyScopes;
import dev.ambit.control.resource.observe.Telemetry.AccessLogging;
import dev.ambit.control.resource.observe.Telemetry.MetricOverride;
import dev.ambit.control.resource.observe.Telemetry.Metrics;
import dev.ambit.control.resource.observe.Telemetry.Mode;
import dev.ambit.control.resource.observe.Telemetry.TagChange;
import dev.ambit.control.resource.observe.Telemetry.Tracing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// `telemetry.istio.io`, and ProxyConfig of `networking.istio.io`: unknown fields are errors.
public final class ObserveKinds {
    private static final double PERCENT_MAX = 100;
    private static final String ALL = "ALL_METRICS";

    private enum Operation {
        UPSERT,
        REMOVE
    }

    private ObserveKinds() {}

    public static Telemetry telemetry(Fields top, Meta meta) {
        var spec = top.child("spec");
        if (spec.isEmpty()) {
            return new Telemetry(
                    meta, Optional.empty(), List.of(), List.of(), List.of(), List.of());
        }
        var fields = spec.get();
        var selector = PolicyScopes.selector(fields);
        var targets = PolicyScopes.targets(fields);
        if (selector.isPresent() && !targets.isEmpty()) {
            throw fields.bad("selector", "set with targetRefs (expected: one of the two)");
        }
        var telemetry =
                new Telemetry(
                        meta,
                        selector,
                        targets,
                        fields.children("tracing").stream().map(ObserveKinds::tracing).toList(),
                        fields.children("metrics").stream().map(ObserveKinds::metrics).toList(),
                        fields.children("accessLogging").stream()
                                .map(ObserveKinds::logging)
                                .toList());
        fields.noOthers();
        return telemetry;
    }

    /// What it holds is put into pods when they are made: there is nothing to send.
    public static ProxyConfig proxyConfig(Fields top, Meta meta) {
        var spec = top.child("spec");
        if (spec.isPresent()) {
            PolicyScopes.selector(spec.get());
            spec.get().whole("concurrency", 0, Integer.MAX_VALUE);
            spec.get().map("environmentVariables");
            spec.get()
                    .child("image")
                    .ifPresent(i -> {
                        i.text("imageType");
                        i.noOthers();
                    });
            spec.get().noOthers();
        }
        return new ProxyConfig(meta);
    }

    private static Tracing tracing(Fields f) {
        var tags = new LinkedHashMap<String, ProxyDefaults.Tag>();
        var written = f.child("customTags");
        if (written.isPresent()) {
            for (var name : written.get().names()) {
                requireName(written.get(), name);
                tags.put(name, TagReader.read(required(written.get(), name)));
            }
        }
        var tracing =
                new Tracing(
                        mode(f),
                        providers(f),
                        f.decimal("randomSamplingPercentage", 0, PERCENT_MAX),
                        f.flag("disableSpanReporting"),
                        tags,
                        f.flag("useRequestIdForTraceSampling"),
                        f.flag("enableIstioTags"),
                        f.flag("disableContextPropagation"));
        f.noOthers();
        return tracing;
    }

    private static Metrics metrics(Fields f) {
        var overrides = new ArrayList<MetricOverride>();
        for (var override : f.children("overrides")) {
            overrides.add(override(override));
        }
        var metrics = new Metrics(providers(f), overrides, f.span("reportingInterval"));
        f.noOthers();
        return metrics;
    }

    private static MetricOverride override(Fields f) {
        var match = f.child("match");
        var changes = new LinkedHashMap<String, TagChange>();
        var tags = f.child("tagOverrides");
        if (tags.isPresent()) {
            for (var name : tags.get().names()) {
                requireName(tags.get(), name);
                changes.put(name, change(required(tags.get(), name)));
            }
        }
        var override =
                new MetricOverride(
                        match.flatMap(ObserveKinds::metric),
                        match.map(m -> m.choice("mode", Mode.class, Mode.CLIENT_AND_SERVER))
                                .orElse(Mode.CLIENT_AND_SERVER),
                        f.flag("disabled"),
                        changes);
        match.ifPresent(Fields::noOthers);
        f.noOthers();
        return override;
    }

    private static Optional<String> metric(Fields match) {
        var metric = match.text("metric");
        if (match.has("customMetric")) {
            if (!metric.isEmpty()) {
                throw match.bad("metric", "set with customMetric (expected: one of the two)");
            }
            return Optional.of(match.required("customMetric"));
        }
        if (metric.isEmpty() || metric.equals(ALL)) {
            return Optional.empty();
        }
        if (!Telemetry.METRICS.containsKey(metric)) {
            throw match.bad(
                    "metric",
                    "'"
                            + metric
                            + "' (expected: one of "
                            + ALL
                            + ", "
                            + String.join(", ", new TreeSet<>(Telemetry.METRICS.keySet()))
                            + ")");
        }
        return Optional.of(metric);
    }

    private static TagChange change(Fields f) {
        var operation = f.choice("operation", Operation.class, Operation.UPSERT);
        var value = f.text("value");
        var change =
                switch (operation) {
                    case UPSERT -> {
                        Expressions.require(f, "value", f.required("value"));
                        yield new TagChange.Set(value);
                    }
                    case REMOVE -> {
                        if (!value.isEmpty()) {
                            throw f.bad("value", "'" + value + "' (expected: none with REMOVE)");
                        }
                        yield new TagChange.Remove();
                    }
                };
        f.noOthers();
        return change;
    }

    private static AccessLogging logging(Fields f) {
        var filter = f.child("filter");
        var expression = filter.map(x -> x.required("expression"));
        expression.ifPresent(e -> Expressions.require(filter.orElseThrow(), "expression", e));
        filter.ifPresent(Fields::noOthers);
        var logging = new AccessLogging(mode(f), providers(f), f.flag("disabled"), expression);
        f.noOthers();
        return logging;
    }

    private static Mode mode(Fields f) {
        var match = f.child("match");
        var mode =
                match.map(m -> m.choice("mode", Mode.class, Mode.CLIENT_AND_SERVER))
                        .orElse(Mode.CLIENT_AND_SERVER);
        match.ifPresent(Fields::noOthers);
        return mode;
    }

    private static List<String> providers(Fields f) {
        var names = new ArrayList<String>();
        for (var provider : f.children("providers")) {
            names.add(provider.required("name"));
            provider.noOthers();
        }
        return names;
    }

    private static void requireName(Fields f, String name) {
        if (name.isEmpty()) {
            throw f.bad("", "a tag without a name (expected: a name)");
        }
    }

    private static Fields required(Fields f, String name) {
        return f.child(name).orElseThrow(() -> f.bad(name, "missing (expected: a mapping)"));
    }
}
