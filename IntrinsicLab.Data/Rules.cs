using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>A rule on the shelf, without its parameters.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">1, 2, …</param>
/// <param name="Predictions">Values of a prediction vector.</param>
/// <param name="Units">Recurrent units.</param>
/// <param name="Semantics">What it reads of predictions, as files call it.</param>
/// <param name="Gamma">γ that it reads.</param>
/// <param name="Digest">Digest of what an agent learns with.</param>
/// <param name="Shipped">It comes with the lab.</param>
/// <param name="RunId">The run it came from; null for an import, and for shipped ones.</param>
/// <param name="CreatedAt">When it was kept; null for shipped ones.</param>
/// <param name="Notes">Free text.</param>
public sealed record RuleRow(
    string Name, int Version, int Predictions, int Units, string Semantics, double Gamma, string Digest, bool Shipped, Guid? RunId,
    DateTimeOffset? CreatedAt, string Notes)
{
    /// <summary>What plans call it.</summary>
    public string Id => $"{Name}@{Version.ToString(CultureInfo.InvariantCulture)}";
}

/// <summary>A rule on the shelf with everything that is known of it.</summary>
/// <param name="Row">What lists show.</param>
/// <param name="Rule">The rule.</param>
/// <param name="File">Its file.</param>
public sealed record RuleOnShelf(RuleRow Row, LearnedRule Rule, byte[] File);

/// <summary>What came of a wish to keep a rule.</summary>
/// <param name="Rule">The rule as it was stored; null where it was not.</param>
/// <param name="Problems">What was wrong with the wish.</param>
/// <param name="Conflict">What stands in the way; null for nothing.</param>
public sealed record RuleKept(RuleRow? Rule, IReadOnlyList<Problem> Problems, string? Conflict)
{
    internal static RuleKept Fault(string pointer, string message) => new(null, [new(pointer, message)], null);
}

/// <summary>What came of a wish to delete a rule.</summary>
/// <param name="Found">There is such a rule.</param>
/// <param name="Conflict">What stands in the way; null where it was deleted.</param>
public sealed record RuleDeletion(bool Found, string? Conflict);

/// <summary>The shelf of learned rules: those that come with the lab, and those that were kept or imported.</summary>
public sealed class Rules(IDbContextFactory<LabDbContext> contexts, ArtifactStore artifacts, TimeProvider time)
{
    /// <summary>Name of the artifact in which a run that learns a rule stores it.</summary>
    public const string ArtifactName = "rule" + LearnedRuleFile.Extension;

    /// <summary>Every rule, shipped ones first, by name and version.</summary>
    public async Task<IReadOnlyList<RuleRow>> List(CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return [.. ShippedRules.All.Select(Shipped), .. await Rows(lab.Rules.Where(rule => rule.DeletedAt == null)).ToListAsync(cancellation)];
    }

    /// <summary>What plans may call rules: "name@version" of each.</summary>
    public async Task<IReadOnlyList<string>> Ids(CancellationToken cancellation = default) =>
        [.. (await List(cancellation)).Select(rule => rule.Id)];

    /// <summary>The versions that were kept of a run's rule.</summary>
    public async Task<IReadOnlyList<RuleRow>> Of(Guid runId, CancellationToken cancellation = default)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        return await Rows(lab.Rules.Where(rule => rule.RunId == runId && rule.DeletedAt == null)).ToListAsync(cancellation);
    }

    /// <summary>One rule; null where there is none.</summary>
    public async Task<RuleOnShelf?> Get(string id, CancellationToken cancellation = default)
    {
        if (Parse(id) is not var (name, version))
            return null;
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Rules.AsNoTracking().SingleOrDefaultAsync(rule => rule.Name == name && rule.Version == version && rule.DeletedAt == null, cancellation)
            is { } kept)
            return new(Row(kept), Read(kept), kept.Content);
        return ShippedRules.Find(id) is { } shipped ? new(Shipped(shipped), shipped, LearnedRuleFile.Write(shipped)) : null;
    }

    /// <summary>The rule that a plan names, for the process that trains it; null where there is none.</summary>
    public LearnedRule? Find(string id)
    {
        if (Parse(id) is not var (name, version))
            return null;
        using var lab = contexts.CreateDbContext();
        var kept = lab.Rules.AsNoTracking().SingleOrDefault(rule => rule.Name == name && rule.Version == version && rule.DeletedAt == null);
        return kept is null ? ShippedRules.Find(id) : Read(kept);
    }

    /// <summary>Keeps what a run has learned under a name; the version counts up by itself.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="name">Name of the rule.</param>
    /// <param name="notes">Free text.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<RuleKept> Keep(Guid runId, string name, string notes, CancellationToken cancellation = default)
    {
        var problems = new List<Problem>();
        if (LearnedRuleFile.WhyNoName(name) is { } wrong)
            problems.Add(new("/name", wrong));
        LearnedRule? rule = null;
        await using (var lab = await contexts.CreateDbContextAsync(cancellation))
            if (!await lab.Runs.AnyAsync(run => run.Id == runId && run.DeletedAt == null, cancellation))
                problems.Add(new("/run", $"There is no run {runId}."));
            else if (await artifacts.Get(runId, ArtifactName, cancellation) is not { } artifact)
                problems.Add(new("/run", "The run has no rule. Runs whose algorithm learns one store it when they are evaluated, and at their end."));
            else
            {
                var faults = new List<Problem>();
                rule = LearnedRuleFile.Read(artifact.Unpack(), faults);
                if (rule is null)
                    problems.Add(new("/run", $"The rule of the run cannot be read: {string.Join(" ", faults.Select(fault => $"{fault.Pointer} {fault.Message}".Trim()))}"));
            }
        if (problems.Count > 0)
            return new(null, problems, null);
        if (IsShipped(name))
            return RuleKept.Fault("/name", $"A rule called {name} comes with the lab; choose another name.");
        for (var attempt = 0; ; attempt++)
        {
            await using var lab = await contexts.CreateDbContextAsync(cancellation);
            // Deleted ones count: a version never stands for two rules.
            var last = await lab.Rules.Where(each => each.Name == name).MaxAsync(each => (int?)each.Version, cancellation) ?? 0;
            if (last >= LearnedRuleFile.LastVersion)
                return RuleKept.Fault("/name", $"There is no version left of {name}; choose another name.");
            try
            {
                return await Store(lab, rule! with { Name = name, Version = last + 1 }, runId, notes, cancellation);
            }
            catch (DbUpdateException) when (attempt < 5)
            {
                // Somebody kept one under this name at the same moment; the next version is free.
            }
        }
    }

    /// <summary>Stores a rule that was read from a file, under its own name and version.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="notes">Free text.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<RuleKept> Import(LearnedRule rule, string notes, CancellationToken cancellation = default)
    {
        if (IsShipped(rule.Name))
            return new(null, [], $"A rule called {rule.Name} comes with the lab; give the file's rule another name.");
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        var known = await lab.Rules.SingleOrDefaultAsync(each => each.Name == rule.Name && each.Version == rule.Version, cancellation);
        if (known is null)
            try
            {
                return await Store(lab, rule, null, notes, cancellation);
            }
            catch (DbUpdateException)
            {
                return new(null, [], $"{rule.Id} was stored by somebody else at the same moment.");
            }
        var same = known.Digest == LearnedRuleFile.Digest(rule.Content);
        if (!same)
            return new(null, [], $"{rule.Id} {(known.DeletedAt is null ? "is" : "was, before it was deleted,")} another rule; give the file's rule another version or name.");
        if (known.DeletedAt is null)
            return new(null, [], $"{rule.Id} is on the shelf already, with the same content.");
        (known.DeletedAt, known.CreatedAt, known.Notes, known.Content) = (null, time.GetUtcNow(), notes, LearnedRuleFile.Write(rule));
        await lab.SaveChangesAsync(cancellation);
        return new(Row(known), [], null);
    }

    /// <summary>Deletes a rule that was kept, unless runs that are not finished learn with it.</summary>
    public async Task<RuleDeletion> Delete(string id, CancellationToken cancellation = default)
    {
        if (Parse(id) is not var (name, version))
            return new(false, null);
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Rules.SingleOrDefaultAsync(rule => rule.Name == name && rule.Version == version && rule.DeletedAt == null, cancellation) is not { } kept)
            return ShippedRules.Find(id) is null ? new(false, null) : new(true, $"{id} comes with the lab and cannot be deleted.");
        if (await Users(lab, id, cancellation) is { Count: > 0 } users)
            return new(true, $"{id} is in use: {string.Join(", ", users.Take(10))}{(users.Count > 10 ? $" and {users.Count - 10} more" : "")} "
                + "would find it no more. Wait until they are finished, or cancel them first.");
        (kept.DeletedAt, kept.Content) = (time.GetUtcNow(), []);
        await lab.SaveChangesAsync(cancellation);
        return new(true, null);
    }

    // Runs that are not finished and sweeps that may still ask for some.
    private static async Task<List<string>> Users(LabDbContext lab, string id, CancellationToken cancellation)
    {
        var quoted = $"\"{id}\"";
        var users = new List<string>();
        var runs = await lab.Runs.AsNoTracking()
            .Where(run => run.DeletedAt == null && run.Source == Run.SourceLab && run.Plan.Contains(quoted)
                && run.Status != RunStatus.Completed && run.Status != RunStatus.Cancelled && run.Status != RunStatus.Failed)
            .OrderBy(run => run.CreatedAt).Select(run => new { run.Name, run.Plan }).ToListAsync(cancellation);
        foreach (var run in runs)
            if (Holds(JsonNode.Parse(run.Plan)?["parameters"], id))
                users.Add($"the run “{run.Name}”");
        var sweeps = await lab.Experiments.AsNoTracking()
            .Where(each => (each.SweepStatus == SweepStatus.Active || each.SweepStatus == SweepStatus.Paused) && each.Plan.Contains(quoted))
            .OrderBy(each => each.CreatedAt).Select(each => new { each.Name, each.Plan }).ToListAsync(cancellation);
        foreach (var sweep in sweeps)
            if (JsonNode.Parse(sweep.Plan) is var plan && (Holds(plan?["parameters"], id) || Holds(plan?["search"], id)))
                users.Add($"the sweep “{sweep.Name}”");
        return users;
    }

    private static bool Holds(JsonNode? node, string text) => node switch
    {
        JsonObject members => members.Any(member => Holds(member.Value, text)),
        JsonArray items => items.Any(item => Holds(item, text)),
        JsonValue value => value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() == text,
        _ => false,
    };

    private async Task<RuleKept> Store(LabDbContext lab, LearnedRule rule, Guid? runId, string notes, CancellationToken cancellation)
    {
        var kept = new KeptRule
        {
            Name = rule.Name,
            Version = rule.Version,
            Predictions = rule.Content.Network.Predictions,
            Units = rule.Content.Network.Units,
            Semantics = LearnedRuleFile.Word(rule.Content.Network.Semantics),
            Gamma = rule.Content.Gamma,
            Digest = LearnedRuleFile.Digest(rule.Content),
            RunId = runId,
            CreatedAt = time.GetUtcNow(),
            Notes = notes,
            Content = LearnedRuleFile.Write(rule),
        };
        lab.Rules.Add(kept);
        await lab.SaveChangesAsync(cancellation);
        return new(Row(kept), [], null);
    }

    private static LearnedRule Read(KeptRule kept)
    {
        var problems = new List<Problem>();
        return LearnedRuleFile.Read(kept.Content, problems)
            ?? throw new InvalidDataException($"{kept.Id} is damaged: {string.Join(" ", problems.Select(problem => $"{problem.Pointer} {problem.Message}".Trim()))}");
    }

    private static (string Name, int Version)? Parse(string id)
    {
        var at = id.LastIndexOf('@');
        return at > 0 && int.TryParse(id.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && id == $"{id[..at]}@{version}"
            ? (id[..at], version)
            : null;
    }

    private static bool IsShipped(string name) => ShippedRules.All.Any(rule => rule.Name == name);

    private static RuleRow Row(KeptRule rule) => new(
        rule.Name, rule.Version, rule.Predictions, rule.Units, rule.Semantics, rule.Gamma, rule.Digest, false, rule.RunId, rule.CreatedAt, rule.Notes);

    private static RuleRow Shipped(LearnedRule rule) => new(
        rule.Name, rule.Version, rule.Content.Network.Predictions, rule.Content.Network.Units, LearnedRuleFile.Word(rule.Content.Network.Semantics),
        rule.Content.Gamma, LearnedRuleFile.Digest(rule.Content), true, null, null, "");

    private static IQueryable<RuleRow> Rows(IQueryable<KeptRule> rules) => rules.OrderBy(rule => rule.Name).ThenBy(rule => rule.Version)
        .Select(rule => new RuleRow(
            rule.Name, rule.Version, rule.Predictions, rule.Units, rule.Semantics, rule.Gamma, rule.Digest, false, rule.RunId, rule.CreatedAt, rule.Notes));
}
