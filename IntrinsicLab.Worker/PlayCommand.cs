using System.Text;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;

namespace IntrinsicLab.Worker;

/// <summary>
/// The verb <c>play</c>: a process in which one environment is played, so that a crash of native code ends the play and nothing else.
/// Every line of standard input is a command as JSON, every line of standard output its answer (see <see cref="Play"/>); it ends with its
/// input.
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
        // What libraries print must not end up between the answers.
        await using var answers = Console.OpenStandardOutput();
        Console.SetOut(Console.Error);
        using var commands = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        using var play = new Play(entry);
        while (await commands.ReadLineAsync() is { } command)
        {
            await answers.WriteAsync(play.Answer(command));
            answers.WriteByte((byte)'\n');
            await answers.FlushAsync();
        }
        return 0;
    }
}
