package dev.ambit.control.resource.extend;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.PolicyScopes;
import dev.ambit.control.resource.extend.Extension.EnvoyFilter;
import dev.ambit.control.resource.extend.Extension.Layer;
import dev.ambit.control.resource.extend.Extension.Phase;
import dev.ambit.control.resource.extend.Extension.TrafficExtension;
import dev.ambit.control.resource.extend.Extension.WasmPlugin;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// `extensions.istio.io`, and EnvoyFilter of `networking.istio.io`: read only as far as it takes to
/// say what is missing without them.
public final class ExtensionKinds {
    /// Parts of type names of Envoy's filters that let in or refuse.
    private static final Set<String> GUARDS =
            Set.of(
                    ".rbac.",
                    ".ext_authz.",
                    ".jwt_authn.",
                    ".oauth2.",
                    ".basic_auth.",
                    ".api_key_auth.",
                    ".client_ssl_auth.");

    private static final Set<String> PUTS_IN =
            Set.of("ADD", "INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST", "REPLACE");

    private enum FailStrategy {
        FAIL_CLOSE,
        FAIL_OPEN,
        FAIL_RELOAD
    }

    private enum PluginType {
        UNSPECIFIED_PLUGIN_TYPE,
        HTTP,
        NETWORK
    }

    private enum ApplyTo {
        INVALID,
        LISTENER,
        FILTER_CHAIN,
        NETWORK_FILTER,
        HTTP_FILTER,
        ROUTE_CONFIGURATION,
        VIRTUAL_HOST,
        HTTP_ROUTE,
        CLUSTER,
        EXTENSION_CONFIG,
        BOOTSTRAP,
        LISTENER_FILTER
    }

    private ExtensionKinds() {}

    public static WasmPlugin wasmPlugin(Fields top, Meta meta) {
        var spec = spec(top);
        var plugin =
                new WasmPlugin(
                        meta,
                        PolicyScopes.selector(spec),
                        PolicyScopes.targets(spec),
                        spec.choice("phase", Phase.class, Phase.UNSPECIFIED_PHASE),
                        failOpen(spec),
                        layer(spec));
        for (var other :
                List.of(
                        "url",
                        "sha256",
                        "imagePullPolicy",
                        "imagePullSecret",
                        "verificationKey",
                        "pluginConfig",
                        "pluginName",
                        "priority",
                        "vmConfig",
                        "match")) {
            spec.has(other);
        }
        spec.noOthers();
        return plugin;
    }

    public static TrafficExtension trafficExtension(Fields top, Meta meta) {
        var spec = spec(top);
        var wasm = spec.child("wasm");
        var lua = spec.child("lua");
        if (wasm.isPresent() == lua.isPresent()) {
            throw spec.bad("wasm", "set with lua, or none of them (expected: one of the two)");
        }
        var extension =
                new TrafficExtension(
                        meta,
                        PolicyScopes.selector(spec),
                        PolicyScopes.targets(spec),
                        spec.choice("phase", Phase.class, Phase.UNSPECIFIED),
                        wasm.isPresent() ? "wasm" : "lua",
                        wasm.map(ExtensionKinds::failOpen).orElse(false),
                        wasm.map(ExtensionKinds::layer).orElse(Layer.HTTP));
        spec.has("priority");
        spec.has("match");
        spec.noOthers();
        return extension;
    }

    public static EnvoyFilter envoyFilter(Fields top, Meta meta) {
        var spec = spec(top);
        var guards = new TreeSet<String>();
        var layers = EnumSet.noneOf(Layer.class);
        for (var patch : spec.children("configPatches")) {
            var names = guards(patch);
            if (!names.isEmpty()) {
                layers.add(layer(patch.choice("applyTo", ApplyTo.class, ApplyTo.INVALID)));
            }
            guards.addAll(names);
            patch.has("match");
            patch.noOthers();
        }
        var selector =
                spec.child("workloadSelector")
                        .map(s -> {
                            var labels = s.map("labels");
                            s.noOthers();
                            return labels;
                        });
        var filter =
                new EnvoyFilter(
                        meta,
                        selector,
                        PolicyScopes.targets(spec),
                        new ArrayList<>(guards),
                        together(layers));
        spec.has("priority");
        spec.noOthers();
        return filter;
    }

    private static Layer together(Set<Layer> layers) {
        return layers.size() == 1 ? layers.iterator().next() : Layer.BOTH;
    }

    private static Layer layer(ApplyTo applyTo) {
        return switch (applyTo) {
            case HTTP_FILTER, ROUTE_CONFIGURATION, VIRTUAL_HOST, HTTP_ROUTE -> Layer.HTTP;
            case NETWORK_FILTER -> Layer.TCP;
            case INVALID,
                    LISTENER,
                    FILTER_CHAIN,
                    CLUSTER,
                    EXTENSION_CONFIG,
                    BOOTSTRAP,
                    LISTENER_FILTER ->
                    Layer.BOTH;
        };
    }

    /// Names of the filters that a patch puts in and that decide who is let in.
    private static Set<String> guards(Fields patch) {
        var applyTo = patch.choice("applyTo", ApplyTo.class, ApplyTo.INVALID);
        var change = patch.child("patch");
        if (change.isEmpty()) {
            return Set.of();
        }
        var operation = change.get().text("operation");
        var phase = change.get().choice("filterClass", Phase.class, Phase.UNSPECIFIED);
        var value = change.get().struct("value").orElse(Struct.getDefaultInstance());
        change.get().noOthers();
        if (!PUTS_IN.contains(operation) || applyTo == ApplyTo.CLUSTER) {
            return Set.of();
        }
        var names = new TreeSet<String>();
        collect(Value.newBuilder().setStructValue(value).build(), names);
        if (phase.decides()) {
            names.add(
                    value.getFieldsOrDefault("name", Value.getDefaultInstance()).getStringValue());
        }
        return names;
    }

    private static void collect(Value value, Set<String> names) {
        switch (value.getKindCase()) {
            case STRUCT_VALUE -> {
                var fields = value.getStructValue().getFieldsMap();
                for (var key : List.of("@type", "type_url", "typeUrl")) {
                    var type = fields.getOrDefault(key, Value.getDefaultInstance());
                    if (GUARDS.stream().anyMatch(type.getStringValue()::contains)) {
                        names.add(simple(type.getStringValue()));
                    }
                }
                fields.values().forEach(v -> collect(v, names));
            }
            case LIST_VALUE -> value.getListValue().getValuesList().forEach(v -> collect(v, names));
            case NULL_VALUE, NUMBER_VALUE, STRING_VALUE, BOOL_VALUE, KIND_NOT_SET -> {}
        }
    }

    private static String simple(String type) {
        return type.substring(type.lastIndexOf('/') + 1);
    }

    private static boolean failOpen(Fields f) {
        return f.choice("failStrategy", FailStrategy.class, FailStrategy.FAIL_CLOSE)
                == FailStrategy.FAIL_OPEN;
    }

    private static Layer layer(Fields f) {
        return switch (f.choice("type", PluginType.class, PluginType.UNSPECIFIED_PLUGIN_TYPE)) {
            case UNSPECIFIED_PLUGIN_TYPE, HTTP -> Layer.HTTP;
            case NETWORK -> Layer.TCP;
        };
    }

    private static Fields spec(Fields top) {
        return top.child("spec")
                .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
    }
}
