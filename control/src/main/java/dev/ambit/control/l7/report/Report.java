package dev.ambit.control.l7.report;

import dev.ambit.control.compile.Bindings;
import dev.ambit.control.compile.CompileSettings;
import dev.ambit.control.l7.L7Model;
import dev.ambit.control.l7.cluster.RuleFindings;
import dev.ambit.control.l7.extend.ExtensionFindings;
import dev.ambit.control.l7.limits.LimitFindings;
import dev.ambit.control.l7.telemetry.TelemetryFindings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;

/// What became of everything that was written.
///
/// @param entries worst first, then by file and line
/// @param statuses by kind, namespace and name
public record Report(List<Entry> entries, List<ResourceStatus> statuses) {
    public Report {
        entries = List.copyOf(entries);
        statuses = List.copyOf(statuses);
    }

    public static Report of(L7Model model) {
        var policies = PolicyReport.of(model, settings(model).dryRun());
        var bindings = BindingReport.of(model, Bindings.of(model.input(), settings(model)));
        var entries = new TreeSet<Entry>();
        model.input().problems().forEach(p -> entries.add(Entry.of(p)));
        var gateways = GatewayStatuses.of(model);
        var findings = new ArrayList<>(bindings.findings());
        findings.addAll(GatewayReport.of(model, gateways));
        findings.addAll(HostReport.of(model));
        findings.addAll(policies.findings());
        findings.addAll(TelemetryFindings.of(model));
        findings.addAll(ExtensionFindings.of(model));
        findings.addAll(RuleFindings.of(model));
        findings.addAll(LimitFindings.of(model));
        var backends = BackendPolicyReport.of(model);
        findings.addAll(backends.findings());
        findings.addAll(model.routes().findings());
        findings.forEach(f -> entries.add(Entry.of(f)));
        var statuses = new ArrayList<>(gateways);
        statuses.addAll(bindings.statuses());
        statuses.addAll(policies.statuses());
        statuses.addAll(backends.statuses());
        statuses.addAll(RouteReport.of(model));
        statuses.sort(Comparator.comparing(s -> s.key().toString()));
        return new Report(List.copyOf(entries), statuses);
    }

    private static CompileSettings settings(L7Model model) {
        var defaults = CompileSettings.defaults();
        return new CompileSettings(
                model.mesh().cluster(),
                defaults.dryRun(),
                defaults.autoAllowWaypoints(),
                model.settings().multiNetwork(),
                model.settings().failClosed());
    }
}
