package dev.ambit.waypoint.config;

import dev.ambit.process.ConfigFault;
import dev.ambit.process.config.Environment;
import dev.ambit.process.config.ProxyConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.JsonSchema;

/// What the control plane is told of this node: every `ISTIO_META_X` is `X`, and what the pod's
/// files say.
record NodeMetadata(Environment env, ProxyConfig proxyConfig) {
    /// The version of Istio whose configurations are understood, where the pod does not say one:
    /// the control plane shapes what it sends by it.
    static final String ISTIO_VERSION = "1.31.0";

    /// @param podInfo the directory of the files `labels` and `annotations`
    Map<String, Object> read(
            String pod, String namespace, String account, String clusterId, Path podInfo) {
        var all = new TreeMap<String, Object>();
        all.put("NAME", pod);
        all.put("NAMESPACE", namespace);
        all.put("SERVICE_ACCOUNT", account);
        all.put("INSTANCE_IPS", env.text(Variable.INSTANCE_IP, "127.0.0.1"));
        all.put("ISTIO_VERSION", ISTIO_VERSION);
        all.put("CLUSTER_ID", clusterId);
        all.put("INTERCEPTION_MODE", "REDIRECT");
        all.put("PILOT_SAN", List.of("istiod.istio-system.svc"));
        all.put("LABELS", pairs(podInfo.resolve("labels")));
        all.put("ANNOTATIONS", pairs(podInfo.resolve("annotations")));
        if (!proxyConfig.all().isEmpty()) {
            all.put("PROXY_CONFIG", proxyConfig.all());
        }
        all.putAll(env.prefixed(Variable.Prefix.ISTIO_META_));
        env.prefixed(Variable.Prefix.ISTIO_METAJSON_)
                .forEach((name, value) -> all.put(name, json(name, value)));
        return all;
    }

    private static Object json(String name, String text) {
        var settings = LoadSettings.builder().setSchema(new JsonSchema()).build();
        try {
            var value = new Load(settings).loadFromString(text);
            if (value != null) {
                return value;
            }
        } catch (YamlEngineException broken) {
            // Below.
        }
        throw new ConfigFault(Variable.Prefix.ISTIO_METAJSON_ + name, text, "JSON, not null");
    }

    /// `key="value"`, a line each, as Kubernetes' downward API writes; empty where there is no
    /// file.
    static Map<String, String> pairs(Path file) {
        var all = new TreeMap<String, String>();
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException notThere) {
            return all;
        }
        for (var line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                all.put(line.substring(0, equals), unquoted(line.substring(equals + 1)));
            }
        }
        return all;
    }

    /// Go's quoting, of which only these escapes occur in labels and annotations of one line.
    private static String unquoted(String text) {
        if (text.length() < 2 || !text.startsWith("\"") || !text.endsWith("\"")) {
            return text;
        }
        var plain = new StringBuilder();
        for (int i = 1; i < text.length() - 1; i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length() - 1) {
                i++;
                char escaped = text.charAt(i);
                plain.append(
                        switch (escaped) {
                            case 'n' -> '\n';
                            case 't' -> '\t';
                            case 'r' -> '\r';
                            default -> escaped;
                        });
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }
}
