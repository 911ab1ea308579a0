package dev.ambit.control.l7.extend;

import dev.ambit.control.l7.Finding;
import dev.ambit.control.l7.Finding.Level;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.resource.TargetRef;
import dev.ambit.control.resource.extend.Extension;
import java.util.ArrayList;
import java.util.List;

/// What becomes of extensions, none of which runs here.
public final class ExtensionFindings {
    private ExtensionFindings() {}

    public static List<Finding> of(L7Model model) {
        var findings = new ArrayList<Finding>();
        for (var extension : model.input().all(Extension.class)) {
            findings.add(of(extension));
        }
        return findings;
    }

    /// Why it is not in effect, in one sentence.
    public static String why(Extension extension) {
        return switch (extension) {
            case Extension.WasmPlugin _ -> "WebAssembly is not run here";
            case Extension.TrafficExtension traffic ->
                    traffic.language().equals("lua")
                            ? "Lua is not run here"
                            : "WebAssembly is not run here";
            case Extension.EnvoyFilter _ -> "patches of Envoy's configuration are not applied here";
        };
    }

    private static Finding of(Extension extension) {
        if (extension.targets().isEmpty()) {
            return finding(
                    extension,
                    Level.WARNING,
                    "extension-without-target",
                    "has no effect: " + why(extension) + ", and it names no waypoint or service",
                    "remove it, or use an AuthorizationPolicy, a RequestAuthentication, a route or"
                            + " a Telemetry for the same end");
        }
        boolean onlyServices =
                extension instanceof Extension.EnvoyFilter
                        && extension.targets().stream().noneMatch(ExtensionFindings::isGateway);
        if (onlyServices) {
            return finding(
                    extension,
                    Level.WARNING,
                    "extension-without-target",
                    "has no effect: an EnvoyFilter is for a Gateway or a GatewayClass, and "
                            + why(extension),
                    "remove it");
        }
        return switch (extension.absence()) {
            case REFUSE ->
                    finding(
                            extension,
                            Level.ERROR,
                            "extension-refuses-traffic",
                            why(extension)
                                    + ", and "
                                    + decides(extension)
                                    + ": traffic of what it names is refused",
                            "use an AuthorizationPolicy, a RequestAuthentication or an external"
                                    + " authorization provider instead, then remove it");
            case PASS ->
                    finding(
                            extension,
                            Level.WARNING,
                            "extension-not-run",
                            "has no effect: " + why(extension) + "; traffic passes without it",
                            "remove it, or run this service's waypoint with Istio");
        };
    }

    private static String decides(Extension extension) {
        return switch (extension) {
            case Extension.WasmPlugin plugin ->
                    "its phase " + plugin.phase() + " lets in or refuses";
            case Extension.TrafficExtension traffic ->
                    "its phase " + traffic.phase() + " lets in or refuses";
            case Extension.EnvoyFilter filter ->
                    "it puts in what lets in or refuses ("
                            + String.join(", ", filter.guards())
                            + ")";
        };
    }

    private static boolean isGateway(TargetRef target) {
        return target.kind().equals("Gateway") || target.kind().equals("GatewayClass");
    }

    private static Finding finding(
            Extension extension, Level level, String code, String message, String fix) {
        return new Finding(level, code, extension.key(), extension.meta(), "", message, fix);
    }
}
