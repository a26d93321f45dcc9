using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Live;
using IntrinsicLab.Worker;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>What runs have learned, called: its actions, whole episodes of it, and playing with it.</summary>
public static class PolicyEndpoints
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost("/runs/{id:guid}/policy/act", Act).WithName("AskPolicy");
        group.MapPost("/runs/{id:guid}/policy/episodes", Episodes).WithName("PlayPolicyEpisodes");
        group.MapGet("/runs/{id:guid}/policy/play", Play).WithName("PlayPolicy").Produces(StatusCodes.Status101SwitchingProtocols);
    }

    /// <summary>
    /// The most likely action of the newest checkpoint's policy for each observation, raw, as the environment gives it. The policy is loaded in a
    /// process of its own, which is kept for two minutes. 409 for a run without a checkpoint, 503 while too many policies are at work.
    /// </summary>
    public static async Task<Results<Ok<PolicyActions>, ProblemResult>> Act(
        Guid id, Body<ActQuestion> body, HttpContext context, PolicyProcesses policies, IDbContextFactory<LabDbContext> contexts,
        CancellationToken cancellation)
    {
        var (answer, refusal) = await Ask("act", id, body.Value.Json, context, policies, contexts, cancellation);
        return refusal is not null ? refusal : TypedResults.Ok(answer.Deserialize<PolicyActions>(ApiJson.Options));
    }

    /// <summary>
    /// Plays episodes of the policy's most likely actions, in environments and with randomness of their own; equal questions about one checkpoint
    /// give equal answers. Where goals are places (see the answer's path), "goal" sets one for every episode.
    /// </summary>
    public static async Task<Results<Ok<PolicyEpisodes>, ProblemResult>> Episodes(
        Guid id, Body<EpisodesQuestion> body, HttpContext context, PolicyProcesses policies, IDbContextFactory<LabDbContext> contexts,
        CancellationToken cancellation)
    {
        var (answer, refusal) = await Ask("episodes", id, body.Value.Json, context, policies, contexts, cancellation);
        return refusal is not null ? refusal : TypedResults.Ok(answer.Deserialize<PolicyEpisodes>(ApiJson.Options));
    }

    /// <summary>
    /// Plays the run's environment over a WebSocket, as environments/{id}/play does, with its newest checkpoint's policy in place of chance. "start"
    /// takes "seed", "goal" and "withoutTimeLimit"; {"do":"goal","goal":{"x":0.5,"y":0}} sends the policy somewhere, in this episode and later ones,
    /// without "goal" episodes have their own again. "started" also has "trainedSteps" and "traces", frames "places" (goal, place and distance).
    /// </summary>
    public static async Task<IResult> Play(
        Guid id, HttpContext context, PlaySessions sessions, IHostApplicationLifetime lifetime, LabDatabase database, IOptions<LabOptions> options,
        IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        var (_, refusal) = await Newest(id, contexts, cancellation);
        if (refusal is not null)
            return refusal;
        if (!context.WebSockets.IsWebSocketRequest)
            return new ProblemResult(StatusCodes.Status426UpgradeRequired, "This address speaks WebSocket: commands in, pictures out.");
        return await PlayEndpoint.Converse(context, lifetime,
            (receive, send, ending) => sessions.Play(() => PlayProcess.StartRun(id, database, options.Value), receive, send, ending));
    }

    private static async Task<(JsonObject? Answer, ProblemResult? Refusal)> Ask(
        string what, Guid id, JsonElement question, HttpContext context, PolicyProcesses policies, IDbContextFactory<LabDbContext> contexts,
        CancellationToken cancellation)
    {
        var (step, refusal) = await Newest(id, contexts, cancellation);
        if (refusal is not null)
            return (null, refusal);
        var command = JsonObject.Create(question)!;
        command["do"] = what;
        var (outcome, answer, why) = await policies.Ask(id, step, command.ToJsonString());
        if (outcome is PolicyOutcome.Busy or PolicyOutcome.Gone or PolicyOutcome.Late)
            context.Response.Headers.RetryAfter = "1";
        return outcome switch
        {
            PolicyOutcome.Answered when (string?)answer!["kind"] == "problems" => (null, ProblemResult.Invalid(Faults(answer))),
            PolicyOutcome.Answered => (answer, null),
            PolicyOutcome.Unusable => (null, ProblemResult.Conflict($"What this run has learned cannot be loaded. {why}")),
            _ => (null, new ProblemResult(StatusCodes.Status503ServiceUnavailable, why)),
        };
    }

    private static async Task<(long Step, ProblemResult? Refusal)> Newest(Guid id, IDbContextFactory<LabDbContext> contexts, CancellationToken cancellation)
    {
        await using var lab = await contexts.CreateDbContextAsync(cancellation);
        if (await lab.Find(id, cancellation) is not { } run)
            return (0, RunEndpoints.Missing(id));
        if (run.Source == Run.SourceExternal)
            return (0, ProblemResult.Conflict("Another program trains this run; the lab has nothing of what it learned."));
        var steps = await lab.Checkpoints.Where(checkpoint => checkpoint.RunId == id).Select(checkpoint => (long?)checkpoint.Step).MaxAsync(cancellation);
        return steps is { } step ? (step, null) : (0, ProblemResult.Conflict("This run has no checkpoint yet; the first is written while it trains."));
    }

    private static List<Problem> Faults(JsonObject answer) =>
        [.. answer["problems"]!.AsObject().SelectMany(place => place.Value!.AsArray().Select(message => new Problem(place.Key, (string)message!)))];
}

/// <summary>Body of POST runs/{id}/policy/act. What it holds is checked where the policy is: only there its sizes are known.</summary>
public sealed record ActQuestion : IRequestBody<ActQuestion>
{
    public static int Largest => 8 * 1024 * 1024;

    public static Type Documentation => typeof(ActQuestionMembers);

    internal JsonElement Json { get; private init; }

    public static ActQuestion? Read(JsonElement json, List<Problem> problems) =>
        PolicyQuestion.IsOne(json, problems) ? new ActQuestion { Json = json.Clone() } : null;
}

/// <summary>Body of POST runs/{id}/policy/act.</summary>
/// <param name="Observations">1 to 1,000 observations, each a flat list of numbers.</param>
public sealed record ActQuestionMembers(float[][] Observations);

/// <summary>Body of POST runs/{id}/policy/episodes. What it holds is checked where the policy is.</summary>
public sealed record EpisodesQuestion : IRequestBody<EpisodesQuestion>
{
    public static bool Optional => true;

    public static Type Documentation => typeof(EpisodesQuestionMembers);

    internal JsonElement Json { get; private init; }

    public static EpisodesQuestion? Read(JsonElement json, List<Problem> problems) =>
        PolicyQuestion.IsOne(json, problems) ? new EpisodesQuestion { Json = json.Clone() } : null;
}

/// <summary>Body of POST runs/{id}/policy/episodes.</summary>
/// <param name="Seed">Root of the episodes' randomness; 1 without.</param>
/// <param name="Episodes">How many, 1 to 100; 1 without.</param>
/// <param name="MaxSteps">Steps after which an episode is stopped; the time limit of the run's environment without, else 1,000. More goes on beyond that limit.</param>
/// <param name="Goal">Where to go, in the coordinates of the environment; the episodes' own goals without.</param>
/// <param name="Observations">Whether the answer has every observation.</param>
public sealed record EpisodesQuestionMembers(int? Seed, int? Episodes, int? MaxSteps, PolicyPlace? Goal, bool? Observations);

/// <summary>A place in the plane of goals.</summary>
/// <param name="X">Its x.</param>
/// <param name="Y">Its y.</param>
public sealed record PolicyPlace(double X, double Y);

/// <summary>What a policy would do.</summary>
/// <param name="Step">Environment steps of training that the policy has seen.</param>
/// <param name="Actions">An action for each observation, in their order; a discrete one is one value, its index.</param>
/// <param name="ActionNames">What discrete actions do, by index, where they have names.</param>
public sealed record PolicyActions(long Step, float[][] Actions, string[]? ActionNames);

/// <summary>Episodes of a policy.</summary>
/// <param name="Step">Environment steps of training that the policy has seen.</param>
/// <param name="Seed">Root of the episodes' randomness.</param>
/// <param name="MeanReturn">Mean of their raw returns.</param>
/// <param name="ReachedShare">Share of episodes that reached their goal, where goals are places.</param>
/// <param name="Unit">Unit of places and distances, where they have one.</param>
/// <param name="Episodes">Each of them.</param>
public sealed record PolicyEpisodes(
    long Step, int Seed, double MeanReturn, double? ReachedShare, string? Unit, IReadOnlyList<PolicyEpisode> Episodes);

/// <summary>One episode of a policy.</summary>
/// <param name="Return">Sum of raw rewards.</param>
/// <param name="Length">Steps.</param>
/// <param name="Ended">terminated, truncated (by a time limit), or stopped (at maxSteps).</param>
/// <param name="Goal">Where the goal was, where goals are places.</param>
/// <param name="FirstDistance">Distance from it at the start.</param>
/// <param name="LastDistance">At the end.</param>
/// <param name="LeastDistance">The least on the way.</param>
/// <param name="ReachedAt">Step after which the goal was first reached; null where it never was.</param>
/// <param name="Path">x and y of the state from the start on, one more than steps.</param>
/// <param name="Observations">What was seen, from the start on, where it was asked for.</param>
public sealed record PolicyEpisode(
    double Return, int Length, string Ended, PolicyPlace? Goal, double? FirstDistance, double? LastDistance, double? LeastDistance, int? ReachedAt,
    double[][]? Path, float[][]? Observations);

/// <summary>What both questions have in common.</summary>
internal static class PolicyQuestion
{
    public static bool IsOne(JsonElement json, List<Problem> problems)
    {
        var members = Members.Of(json, "", problems);
        foreach (var (name, _) in members.TakeAll())
            if (name == "do")
                problems.Add(new("/do", Problem.Unknown("member", name, [])));
        return problems.Count == 0;
    }
}
