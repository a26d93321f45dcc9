using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>Learned update rules: those that come with the lab, and those that were kept from runs or imported. A rule never changes.</summary>
public static class RuleEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapGet("/rules", List).WithName("ListRules");
        group.MapPost("/rules", Create).WithName("CreateRule").Creates();
        group.MapGet("/rules/{id}", Get).WithName("GetRule").Produces(StatusCodes.Status304NotModified);
        group.MapGet("/rules/{id}/file", File).WithName("ReadRuleFile").Produces(200, null, "application/json");
        group.MapGet("/rules/{id}/response", Response).WithName("ReadRuleResponse").Produces(200, null, "application/json");
        group.MapDelete("/rules/{id}", Delete).WithName("DeleteRule");
    }

    /// <summary>Lists rules, those that come with the lab first, by name and version.</summary>
    public static async Task<Ok<Listing<RuleResource>>> List(Rules rules, CancellationToken cancellation) =>
        TypedResults.Ok(new Listing<RuleResource>([.. (await rules.List(cancellation)).Select(row => new RuleResource(row))]));

    /// <summary>
    /// Keeps what a run has learned under a name, whose version counts up by itself; or stores a rule's file, which is then the body itself. Names of
    /// rules that come with the lab are taken; a version that exists is 409.
    /// </summary>
    public static async Task<Results<Created<RuleDetails>, ProblemResult>> Create(Body<NewRule> body, Rules rules, CancellationToken cancellation)
    {
        var wanted = body.Value;
        var kept = wanted.File is { } file
            ? await rules.Import(file, "", cancellation)
            : await rules.Keep(wanted.Run, wanted.Name, wanted.Notes ?? "", cancellation);
        if (kept.Conflict is { } conflict)
            return ProblemResult.Conflict(conflict);
        if (kept.Rule is null)
            return ProblemResult.Invalid(kept.Problems);
        var details = new RuleDetails((await rules.Get(kept.Rule.Id, cancellation))!);
        return TypedResults.Created(details.Links.Self, details);
    }

    /// <summary>One rule, NAME@VERSION, with how it was made.</summary>
    public static async Task<Results<Ok<RuleDetails>, StatusCodeHttpResult, ProblemResult>> Get(
        string id, HttpContext context, Rules rules, CancellationToken cancellation)
    {
        if (await rules.Get(id, cancellation) is not { } rule)
            return await Missing(id, rules, cancellation);
        return ETags.Seen(context, Tag(rule.Row))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(new RuleDetails(rule));
    }

    /// <summary>The rule as a file, which POST rules takes, here or in another lab.</summary>
    public static async Task<IResult> File(string id, Rules rules, CancellationToken cancellation) =>
        await rules.Get(id, cancellation) is { } rule
            ? TypedResults.Bytes(rule.File, "application/json", id + LearnedRuleFile.Extension, entityTag: new EntityTagHeaderValue(Tag(rule.Row)))
            : await Missing(id, rules, cancellation);

    /// <summary>How the rule answers one changed input, as figures: 'version' 1, 'step' 0 and 'figures', as in a run's artifacts 'figures/STEP.json'.</summary>
    public static async Task<IResult> Response(string id, Rules rules, CancellationToken cancellation) =>
        await rules.Get(id, cancellation) is { } rule
            ? TypedResults.Bytes(new FigureSheet(0, RuleResponse.Figures(rule.Rule.Content)).ToJson(), "application/json", entityTag: new EntityTagHeaderValue(Tag(rule.Row)))
            : await Missing(id, rules, cancellation);

    /// <summary>Deletes a rule that was kept or imported; 409 while runs that are not finished learn with it. Its name and version stay taken.</summary>
    public static async Task<Results<NoContent, ProblemResult>> Delete(string id, Rules rules, CancellationToken cancellation)
    {
        var (found, conflict) = await rules.Delete(id, cancellation);
        return !found ? await Missing(id, rules, cancellation) : conflict is not null ? ProblemResult.Conflict(conflict) : TypedResults.NoContent();
    }

    private static string Tag(RuleRow row) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{row.Digest[..16]}.{row.CreatedAt?.UtcTicks ?? 0}\"");

    private static async Task<ProblemResult> Missing(string id, Rules rules, CancellationToken cancellation)
    {
        var known = await rules.Ids(cancellation);
        var nearest = Problem.Nearest(id, known);
        return ProblemResult.NotFound($"There is no rule {(id.Length <= 80 ? id : "of this name")}."
            + (nearest is null ? " GET /api/v1/rules lists them as NAME@VERSION." : $" Did you mean {nearest}?"));
    }
}

/// <summary>Body of POST rules: the rule of a run under a name, or the file of a rule as it is.</summary>
public sealed record NewRule : IRequestBody<NewRule>
{
    /// <summary>Name of the rule in small letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>Id of the run that learned it.</summary>
    public required Guid Run { get; init; }
    public string? Notes { get; init; }

    internal LearnedRule? File { get; private init; }

    public static int Largest => LearnedRuleFile.MostBytes;

    public static NewRule? Read(JsonElement json, List<Problem> problems)
    {
        if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("format", out _))
            return LearnedRuleFile.Read(json, problems) is { } file ? new() { Name = file.Name, Run = Guid.Empty, File = file } : null;
        var members = Members.Of(json, "", problems);
        var name = members.Text("name", 200, required: true);
        var text = members.Text("run", 40, required: true);
        var run = Guid.Empty;
        if (text is not null && !Guid.TryParse(text, out run))
            members.Fault("run", $"'{text}' is no id.");
        var notes = members.Text("notes", 20_000);
        members.RefuseOthers("member", ["name", "run", "notes"]);
        return new() { Name = name ?? "", Run = run, Notes = notes };
    }
}

/// <summary>A learned rule.</summary>
public record RuleResource
{
    internal RuleResource(RuleRow row)
    {
        (Id, Name, Version, Shipped, Gamma, Sha256) = (row.Id, row.Name, row.Version, row.Shipped, row.Gamma, row.Digest);
        (Run, CreatedAt, Notes) = (row.RunId, row.CreatedAt, row.Notes);
        Form = new(row.Predictions, row.Units, row.Semantics);
        Links = new(Id);
    }

    /// <summary>NAME@VERSION, which plans call it.</summary>
    public string Id { get; }
    public string Name { get; }

    /// <summary>1, 2, 3 …</summary>
    public int Version { get; }

    /// <summary>It comes with the lab.</summary>
    public bool Shipped { get; }

    /// <summary>What it reads and says.</summary>
    public RuleForm Form { get; }

    /// <summary>The discount that it reads.</summary>
    public double Gamma { get; }

    /// <summary>Digest of form, discount and parameters: equal where two rules are one under two names.</summary>
    public string Sha256 { get; }

    /// <summary>The run that learned it; null for others.</summary>
    public Guid? Run { get; }

    /// <summary>When it was kept or imported; null for those that come with the lab.</summary>
    public DateTimeOffset? CreatedAt { get; }
    public string Notes { get; }

    /// <summary>Where to go from here.</summary>
    public RuleLinks Links { get; }
}

/// <summary>A learned rule with how it was made.</summary>
public sealed record RuleDetails : RuleResource
{
    internal RuleDetails(RuleOnShelf rule) : base(rule.Row)
    {
        Parameters = rule.Rule.Content.Parameters.Length;
        Origin = new(rule.Rule.Origin);
    }

    /// <summary>How many numbers it consists of.</summary>
    public int Parameters { get; }

    /// <summary>How it was made.</summary>
    public RuleOriginResource Origin { get; }
}

/// <summary>What a rule reads and says.</summary>
/// <param name="Predictions">Values of a prediction vector.</param>
/// <param name="Units">Recurrent units.</param>
/// <param name="Semantics">predictions, predictions-without-next, none or values.</param>
public sealed record RuleForm(int Predictions, int Units, string Semantics);

/// <summary>How a rule was made.</summary>
public sealed record RuleOriginResource
{
    internal RuleOriginResource(RuleOrigin origin)
    {
        (Command, Seed, Updates, Steps, Seconds) = (origin.Command, origin.Seed, origin.Updates, origin.Steps, origin.Seconds);
        (Machine, Date, Configuration) = (origin.Machine, origin.Date, JsonNode.Parse(origin.Configuration)?.AsObject() ?? []);
    }

    /// <summary>The command that makes it again; empty where it is not known.</summary>
    public string Command { get; }
    public int Seed { get; }

    /// <summary>Updates of the meta-training.</summary>
    public long Updates { get; }

    /// <summary>Environment steps of all its agents.</summary>
    public long Steps { get; }

    /// <summary>Time trained; null where it is not known.</summary>
    public double? Seconds { get; }
    public string Machine { get; }

    /// <summary>Day, year first.</summary>
    public string Date { get; }

    /// <summary>Settings of the meta-training.</summary>
    public JsonObject Configuration { get; }
}

/// <summary>Where to go from a rule.</summary>
/// <param name="id">The rule.</param>
public sealed class RuleLinks(string id)
{
    public string Self => $"/api/v1/rules/{id}";
    public string File => $"{Self}/file";
    public string Response => $"{Self}/response";
}
