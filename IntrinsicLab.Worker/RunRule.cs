using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;

namespace IntrinsicLab.Worker;

/// <summary>The update rule that a run learns, as an artifact that others can keep.</summary>
public static class RunRule
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The rule's file; whoever keeps it gives it its name and version.</summary>
    /// <param name="content">What was learned.</param>
    /// <param name="plan">The run's plan.</param>
    /// <param name="updates">Updates of the meta-training so far.</param>
    /// <param name="steps">Environment steps so far.</param>
    /// <param name="seconds">Time trained so far.</param>
    /// <param name="commit">Commit of the code, where it is known.</param>
    /// <param name="machine">The machine, in words.</param>
    /// <param name="day">Today.</param>
    public static NewArtifact Artifact(
        RuleContent content, RunPlan plan, long updates, long steps, double seconds, string? commit, string machine, DateOnly day)
    {
        var configuration = plan.ToJson().ToJsonString(Plain);
        var threads = ParameterSchema.Of(plan.Parameters.GetType()).Find("threads")?.Get(plan.Parameters) as int? ?? 1;
        var origin = new RuleOrigin(
            PlanCommand.Of(configuration, commit), plan.Seed, updates, steps, Math.Round(seconds, 1),
            string.Create(CultureInfo.InvariantCulture, $"{machine}, {threads} {(threads == 1 ? "thread" : "threads")}"),
            day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), configuration);
        return new NewArtifact(
            Rules.ArtifactName, "application/json", LearnedRuleFile.Write(new(LearnedRuleFile.NameFrom(plan.Name), 1, content, origin))).Compressed();
    }
}
