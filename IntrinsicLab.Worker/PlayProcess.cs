using System.Diagnostics;
using System.Text;
using IntrinsicLab.Data;

namespace IntrinsicLab.Worker;

/// <summary>A child process that plays one environment, or holds what a run has learned: one line in, one line out.</summary>
public sealed class PlayProcess : IDisposable
{
    private const int LinesOfErrorsKept = 5;
    private readonly Process process;
    private readonly Queue<string> errors = new();

    private PlayProcess(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            if (string.IsNullOrWhiteSpace(line.Data))
                return;
            lock (errors)
            {
                errors.Enqueue(line.Data);
                if (errors.Count > LinesOfErrorsKept)
                    errors.Dequeue();
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Its id, for whoever watches processes.</summary>
    public int Id => process.Id;

    /// <summary>Starts one.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">No process could be started.</exception>
    public static PlayProcess Start(string environment) => Start(["play", environment]);

    /// <summary>Starts one in which what a run has learned plays its environment.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">No process could be started.</exception>
    public static PlayProcess StartRun(Guid run, LabDatabase database, LabOptions options) => Start(["play", "--run", run.ToString()], database, options);

    /// <summary>Starts one that answers questions about what a run has learned.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">No process could be started.</exception>
    public static PlayProcess StartPolicy(Guid run, LabDatabase database, LabOptions options) => Start(["policy", "--run", run.ToString()], database, options);

    private static PlayProcess Start(string[] arguments, LabDatabase? database = null, LabOptions? options = null)
    {
        var start = new ProcessStartInfo(LocalProcess.Dotnet)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "IntrinsicLab.Worker.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        if (database is not null)
            start.Environment["Lab__DataFolder"] = database.DataFolder;
        if (options is not null)
            start.Environment["Lab__Database"] = options.Database;
        foreach (var name in (string[])["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"])
            start.Environment[name] = "1";
        start.Environment["DOTNET_gcServer"] = "0";
        return new PlayProcess(Process.Start(start)!);
    }

    /// <summary>Sends a command and waits for its answer; null when the process is gone.</summary>
    public async Task<string?> Ask(string command, CancellationToken cancellation)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(command.ReplaceLineEndings(" ").AsMemory(), cancellation);
            await process.StandardInput.FlushAsync(cancellation);
            while (true)
            {
                // A line of anything else was printed by a native library.
                var line = await process.StandardOutput.ReadLineAsync(cancellation);
                if (line is null || line.StartsWith('{'))
                    return line;
            }
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>How a process that gave no answer ended, in one sentence.</summary>
    public async Task<string> WhyGone()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return "It stopped answering.";
        }
        string last;
        lock (errors)
            last = errors.LastOrDefault() ?? "";
        var how = process.ExitCode > 128 ? $"by signal {process.ExitCode - 128}" : $"with exit code {process.ExitCode}";
        return last.Length == 0 ? $"It ended {how}." : $"It ended {how}: {last}";
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        LocalProcess.End(process);
        process.Dispose();
    }
}
