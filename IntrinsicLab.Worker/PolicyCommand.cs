namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>policy</c>: a process that holds what a run has learned and answers questions about it (see <see cref="PolicyCalls"/>), lines
/// in and lines out as <see cref="PlayCommand"/>.
/// </summary>
internal static class PolicyCommand
{
    public static async Task<int> Execute(Guid run)
    {
        await using var answers = PlayCommand.Answers();
        var (policy, why) = await RunPolicy.Load(run);
        using (policy)
        {
            var calls = policy is null ? null : new PolicyCalls(policy);
            await PlayCommand.Answer(answers, command => calls?.Answer(command) ?? PlayAnswer.Ended("unusable", why));
        }
        return 0;
    }
}
