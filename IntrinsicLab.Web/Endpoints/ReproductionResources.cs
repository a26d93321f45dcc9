using System.Text.Json;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Every figure there is to reproduce.</summary>
/// <param name="Items">The figures.</param>
/// <param name="Problems">Faults of plans that cannot be read; their figures are missing.</param>
public sealed record ReproductionListing(IReadOnlyList<ReproductionResource> Items, IReadOnlyList<FileFault> Problems);

/// <summary>A fault in a plan's file.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Pointer">JSON pointer of the place.</param>
/// <param name="Message">What is wrong.</param>
public sealed record FileFault(string File, string Pointer, string Message);

/// <summary>A published figure.</summary>
/// <param name="Id">Id on the command line and in addresses.</param>
/// <param name="Title">Name for people.</param>
/// <param name="Paper">Where the claim was published.</param>
/// <param name="Figure">Which figure of the paper.</param>
/// <param name="Claim">What the paper says, in our own words.</param>
/// <param name="Algorithms">Algorithms of its plan.</param>
/// <param name="Environments">Environments of its plan.</param>
/// <param name="Scales">Where it stands, at scale full and, where it has a reduced form, at scale reduced.</param>
public sealed record ReproductionResource(
    string Id, string Title, PaperReference Paper, string Figure, string Claim, IReadOnlyList<string> Algorithms, IReadOnlyList<string> Environments,
    IReadOnlyDictionary<string, FigureScaleResource> Scales);

/// <summary>Where a figure stands at one scale.</summary>
/// <param name="Status">How far its experiment in this lab is.</param>
/// <param name="Verdict">What the runs say of the paper's claim.</param>
/// <param name="VerdictSource">lab for this lab's own runs, kept for a result kept earlier, none.</param>
/// <param name="Runs">Runs of the plan.</param>
/// <param name="Completed">How many are completed.</param>
/// <param name="Steps">Environment steps of the plan.</param>
/// <param name="StepsDone">How many are done.</param>
/// <param name="SecondsLeft">Rough time until the end on this lab's workers.</param>
/// <param name="Minutes">Minutes it took on two cores, as its entry says.</param>
/// <param name="Experiment">Its experiment in this lab; null where there is none.</param>
/// <param name="Links">Where to go.</param>
public sealed record FigureScaleResource(
    ReproductionStatus Status, Verdict Verdict, EvidenceSource VerdictSource, int Runs, int Completed, long Steps, long StepsDone, double SecondsLeft,
    double Minutes, Guid? Experiment, ReproductionLinks Links);

/// <summary>Where to go from a figure.</summary>
public sealed class ReproductionLinks(string id, ReproductionScale scale, Guid? experiment)
{
    private string Query => scale == ReproductionScale.Full ? "" : "?scale=reduced";

    public string Self => $"/api/v1/reproductions/{id}{Query}";
    public string Page => $"/reproductions/{id}{Query}";
    public string Start => $"/api/v1/reproductions/{id}/start";
    public string Figure => $"/api/v1/reproductions/{id}/figure{Query}";
    public string Picture => $"/api/v1/reproductions/{id}/figure.svg{Query}";
    public string? Experiment => experiment is { } found ? $"/api/v1/experiments/{found}" : null;
}

/// <summary>A figure at one scale, with all that is known of it.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Scale">The scale of what follows.</param>
/// <param name="Deviations">In what the experiment differs from the paper's.</param>
/// <param name="Measured">What was measured before this lab ran it, in words; null where nothing was.</param>
/// <param name="Settings">How it is drawn and grouped.</param>
/// <param name="Expected">Each expectation and what this lab's completed runs say of it.</param>
/// <param name="Runs">This lab's runs.</param>
/// <param name="Plan">The plan, as POST experiments takes it.</param>
/// <param name="Command">The command that runs it.</param>
/// <param name="Kept">The result that was kept; null where there is none.</param>
public sealed record ReproductionDetail(
    ReproductionResource Figure, ReproductionScale Scale, string Deviations, string? Measured, JsonElement Settings, IReadOnlyList<ExpectationResource> Expected,
    IReadOnlyList<FigureRunResource> Runs, JsonElement Plan, string Command, KeptResource? Kept);

/// <summary>A run of a figure's experiment.</summary>
public sealed record FigureRunResource(
    Guid Id, string Name, string Group, string Environment, int Seed, RunStatus Status, long Steps, long StepsDone, double? Final, double? Area, string? Error)
{
    internal static FigureRunResource Of(FigureRun run, ComparedRun? scores) => new(
        run.Id, run.Name, run.Group, run.Environment, run.Seed, run.Status, run.Steps, run.StepsDone, scores?.Final, scores?.Area, run.Error);
}

/// <summary>A result that was kept.</summary>
/// <param name="Verdict">What its runs said.</param>
/// <param name="Date">When its last run ended.</param>
/// <param name="Seeds">Its seeds.</param>
/// <param name="CodeVersion">Version of the code that trained.</param>
/// <param name="Commit">Its commit, where known.</param>
/// <param name="Libtorch">Version of libtorch.</param>
/// <param name="Hardware">Machine.</param>
/// <param name="Expected">Each expectation and what was found.</param>
public sealed record KeptResource(
    Verdict Verdict, DateTimeOffset Date, IReadOnlyList<int> Seeds, string CodeVersion, string? Commit, string Libtorch, string Hardware,
    IReadOnlyList<ExpectationResource> Expected)
{
    internal static KeptResource Of(ReproductionResult kept) =>
        new(kept.Verdict, kept.Date, kept.Seeds, kept.CodeVersion, kept.Commit, kept.Libtorch, kept.Hardware, kept.Expected);
}

/// <summary>What a start did.</summary>
/// <param name="Id">The figure.</param>
/// <param name="Scale">The scale.</param>
/// <param name="Experiment">The experiment that runs now.</param>
/// <param name="Added">Runs that were added.</param>
/// <param name="Resumed">Paused and failed runs that were queued again.</param>
/// <param name="Links">Where to go.</param>
public sealed record ReproductionStarted(string Id, ReproductionScale Scale, Guid Experiment, int Added, int Resumed, ExperimentLinks Links);

/// <summary>What a pause did.</summary>
/// <param name="Paused">Runs that pause or are paused.</param>
public sealed record ReproductionPaused(int Paused);

/// <summary>Query of a figure.</summary>
public record ReproductionQuery
{
    /// <summary>full or reduced.</summary>
    public ReproductionScale Scale { get; init; }

    /// <summary>Anything: another value makes an address that was not asked for before.</summary>
    public string Version { get; init; } = "";
}

/// <summary>Query of a figure's curves.</summary>
public sealed record FigureQuery : ReproductionQuery
{
    /// <summary>Only the panel of this environment, its groups by their short names.</summary>
    public string Environment { get; init; } = "";
}

/// <summary>Body of a start or a pause.</summary>
public sealed record NewReproduction : IRequestBody<NewReproduction>
{
    /// <summary>full or reduced; full when left out.</summary>
    public ReproductionScale Scale { get; init; }

    public static bool Optional => true;

    public static NewReproduction? Read(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        var scale = ReproductionScale.Full;
        switch (members.Text("scale", 20))
        {
            case null or "full":
                break;
            case "reduced":
                scale = ReproductionScale.Reduced;
                break;
            case var word:
                members.Fault("scale", Problem.Unknown("scale", word, ["full", "reduced"]));
                break;
        }
        members.RefuseOthers("member", ["scale"]);
        return new NewReproduction { Scale = scale };
    }
}
