using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Which runs a query means.</summary>
internal static class RunFilter
{
    public static IQueryable<Run> Apply(IQueryable<Run> runs, RunListQuery asked, List<Problem> faults)
    {
        runs = runs.Where(run => run.DeletedAt == null);
        if (asked.Experiment.Length > 0)
        {
            if (!Guid.TryParse(asked.Experiment, out var experiment))
                faults.Add(new("/experiment", "Expected an experiment's id."));
            runs = runs.Where(run => run.ExperimentId == experiment);
        }
        if (Several(asked.Algorithm) is { Count: > 0 } algorithms)
            runs = runs.Where(run => algorithms.Contains(run.Algorithm));
        if (Several(asked.Environment) is { Count: > 0 } environments)
            runs = runs.Where(run => environments.Contains(run.Environment));
        if (ReadStatuses(asked.Status, "/status", faults) is { Count: > 0 } statuses)
            runs = runs.Where(run => statuses.Contains(run.Status));
        if (asked.Tag.Length > 0)
            runs = runs.Where(run => run.Tags.Contains(asked.Tag));
        if (asked.Source.Length > 0)
            runs = runs.Where(run => run.Source == asked.Source);
        if (asked.Source is not ("" or Run.SourceLab or Run.SourceExternal))
            faults.Add(new("/source", Problem.Unknown("source", asked.Source, [Run.SourceLab, Run.SourceExternal])));
        if (asked.Configuration.Length > 0)
            runs = runs.Where(run => run.ConfigurationHash == asked.Configuration);
        if (asked.Baseline)
            runs = runs.Where(run => run.Baseline);
        foreach (var word in asked.Q.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            runs = runs.Where(run => run.Name.ToLower().Contains(word) || run.Algorithm.Contains(word) || run.Environment.Contains(word)
                || run.Notes.ToLower().Contains(word) || run.Tags.Any(tag => tag.ToLower().Contains(word)));
        return runs;
    }

    /// <summary>Status names with commas; <c>active</c> and <c>terminal</c> stand for several.</summary>
    public static IReadOnlyList<RunStatus> ReadStatuses(string text, string pointer, List<Problem> faults)
    {
        var known = Enum.GetValues<RunStatus>();
        var read = new List<RunStatus>();
        foreach (var word in Several(text))
        {
            var meant = known.Where(status => word switch
            {
                "terminal" => status.IsTerminal(),
                "active" => !status.IsTerminal(),
                _ => Word(status) == word,
            }).ToList();
            if (meant.Count == 0)
                faults.Add(new(pointer, Problem.Unknown("status", word, [.. known.Select(Word), "active", "terminal"])));
            read.AddRange(meant);
        }
        return read;
    }

    public static string Word(RunStatus status) => status.ToString().ToLowerInvariant();

    private static List<string> Several(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
}
