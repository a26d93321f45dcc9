using IntrinsicLab.Core.Algorithms;
using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Experiments;

/// <summary>
/// Some episodes of a policy's most likely actions, in an environment and with randomness of their own. Played in parts, so that the caller
/// stays in command of time. Scores are sums of raw rewards over whole games, whatever wrappers pay the learner or end early.
/// </summary>
public sealed class Evaluation : IDisposable
{
    private readonly RunPlan plan;
    private readonly EvaluationSchedule schedule;
    private readonly IPolicy policy;
    private readonly IReadOnlyList<StepTrace> traces;
    private readonly IEnvironment environment;
    private readonly EnvironmentSpec spec;
    private readonly Rng rng;
    private readonly float[] observation, action, before;
    private readonly double[] traced;
    private readonly List<double> returns = [];
    private readonly List<int> lengths = [];
    private readonly List<EpisodeRecording> recordings = [];
    private EpisodeRecording? recording;
    private Rng episodeRng;
    private bool inEpisode;
    private double episodeReturn;
    private int episodeLength;
    private long stepsPlayed;

    internal Evaluation(
        RunPlan plan, EvaluationSchedule schedule, EnvironmentFactory environments, IPolicy policy, long step, IReadOnlyList<StepTrace>? traces = null)
    {
        (this.plan, this.schedule, this.policy, this.traces, Step) = (plan, schedule, policy, traces ?? [], step);
        // New environments each time: what one evaluation leaves behind must not reach the next, which a resumed run begins without.
        environment = environments.Create();
        spec = environments.Spec;
        rng = new Rng((ulong)plan.Seed).Split($"evaluation/{step}");
        episodeRng = rng;
        (observation, action) = (new float[spec.Observation.Size], new float[spec.Action.Size]);
        (before, traced) = (new float[spec.Observation.Size], new double[this.traces.Count]);
    }

    /// <summary>Environment steps of training that the policy has seen.</summary>
    public long Step { get; }

    /// <summary>Every episode is over.</summary>
    public bool Finished { get; private set; }

    /// <summary>Return of each episode so far.</summary>
    public IReadOnlyList<double> Returns => returns;

    /// <summary>Length of each episode so far.</summary>
    public IReadOnlyList<int> Lengths => lengths;

    /// <summary>What to report, once finished.</summary>
    public IReadOnlyList<MetricValue> Points =>
        [new(Metrics.EvaluationReturn, Step, returns.Average()), new(Metrics.EvaluationLength, Step, lengths.Average())];

    /// <summary>The recorded episodes, once finished; null where none was recorded or the environment has no picture.</summary>
    public Replay? Replay => recordings.Count == 0
        ? null
        : new Replay(plan, Step, spec, traces, returns, lengths, recordings);

    /// <summary>Plays on for at most some steps.</summary>
    public void Play(int steps = int.MaxValue)
    {
        for (; steps > 0 && !Finished; steps--)
        {
            if (!inEpisode)
                Begin();
            TakeStep();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => environment.Dispose();

    private void Begin()
    {
        episodeRng = rng.Split("episode", returns.Count);
        environment.Reset(episodeRng, observation);
        policy.Begin();
        (inEpisode, episodeReturn, episodeLength) = (true, 0, 0);
        recording = returns.Count < plan.Evaluation.Record && environment.Render() is { } first
            ? new EpisodeRecording(first, plan.Evaluation.Record)
            : null;
    }

    private void TakeStep()
    {
        policy.Act(observation, action);
        if (spec.Action is Box box)
            for (var axis = 0; axis < action.Length; axis++)
                action[axis] = Math.Clamp(action[axis], box.Low[axis], box.High[axis]);
        if (spec.Elsewhere)
            environment.Announce(action);
        observation.CopyTo(before, 0);
        var result = environment.Step(action, observation);
        policy.Paid(result.Reward);
        episodeReturn += result.RawReward;
        episodeLength++;
        var ended = (result.Ended && !result.GameGoesOn) || episodeLength >= schedule.EpisodeSteps;
        if (recording is not null)
        {
            for (var index = 0; index < traced.Length; index++)
                traced[index] = traces[index].Of(before, action, observation);
            recording.Add(action, result.RawReward, environment, ended, traced);
        }
        if (ended)
            End(result);
        else if (result.Ended)
        {
            environment.Reset(episodeRng, observation);
            policy.Begin();
        }
    }

    private void End(StepResult result)
    {
        inEpisode = false;
        returns.Add(episodeReturn);
        lengths.Add(episodeLength);
        stepsPlayed += episodeLength;
        if (recording is not null)
        {
            recording.End(episodeReturn, result.Terminated ? "terminated" : result.Truncated ? "truncated" : "stopped");
            recordings.Add(recording);
        }
        // The next episode is taken to be as long as the longest so far.
        Finished = returns.Count >= schedule.Episodes || stepsPlayed + lengths.Max() > schedule.Allowance;
    }
}
