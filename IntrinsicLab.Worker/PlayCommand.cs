using System.Text;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>play</c>: a process in which one environment is played, so that a crash of native code ends the play and nothing else.
/// Every line of standard input is a command as JSON, every line of standard output its answer (see <see cref="Play"/>); it ends with its
/// input. With a run in place of an environment, what it has learned plays.
/// </summary>
internal static class PlayCommand
{
    public static async Task<int> Execute(string environment)
    {
        if (EnvironmentCatalog.Find(environment) is not { } entry)
        {
            Console.Error.WriteLine(Problem.Unknown("environment", environment, [.. EnvironmentCatalog.All.Select(known => known.Id)]));
            return 2;
        }
        await using var answers = Answers();
        using var play = new Play(entry);
        await Answer(answers, play.Answer);
        return 0;
    }

    public static async Task<int> Execute(Guid run)
    {
        await using var answers = Answers();
        var (policy, why) = await RunPolicy.Load(run);
        using (policy)
        using (var play = policy is null ? null : new Play(EnvironmentCatalog.Find(policy.Plan.Environment)!, policy))
            await Answer(answers, command => play?.Answer(command) ?? PlayAnswer.Ended("unusable", why));
        return 0;
    }

    /// <summary>Where answers go. What libraries print must not end up between them.</summary>
    internal static Stream Answers()
    {
        var answers = Console.OpenStandardOutput();
        Console.SetOut(Console.Error);
        return answers;
    }

    /// <summary>Answers every line of standard input, to its end.</summary>
    internal static async Task Answer(Stream answers, Func<string, byte[]> answer)
    {
        using var commands = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        while (await commands.ReadLineAsync() is { } command)
        {
            await answers.WriteAsync(answer(command));
            answers.WriteByte((byte)'\n');
            await answers.FlushAsync();
        }
    }
}
