using System.Data.Common;
using Microsoft.Extensions.Options;

namespace IntrinsicLab.Worker;

/// <summary>Errors of settings and surroundings, for which a stack trace would say nothing to a person.</summary>
public static class StartProblem
{
    /// <summary>What to print; null for errors of the program.</summary>
    public static string? Of(Exception error) => error switch
    {
        OptionsValidationException options => string.Join('\n', options.Failures),
        DbException database => $"The database cannot be opened: {database.Message}",
        UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException => error.Message,
        InvalidOperationException when error.Message.Contains("newer IntrinsicLab", StringComparison.Ordinal) => error.Message,
        _ => null,
    };
}
