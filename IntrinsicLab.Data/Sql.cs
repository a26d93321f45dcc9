using System.Data;
using System.Data.Common;
using System.Globalization;

namespace IntrinsicLab.Data;

/// <summary>Plain SQL inside a transaction. A parameter whose value is a <see cref="DbType"/> is NULL of that type.</summary>
internal static class Sql
{
    public static async Task<int> Execute(
        this DbTransaction transaction, string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(transaction, sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<T> Scalar<T>(
        this DbTransaction transaction, string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = Command(transaction, sql, parameters);
        return (T)Convert.ChangeType(await command.ExecuteScalarAsync(cancellationToken), typeof(T), CultureInfo.InvariantCulture)!;
    }

    public static async Task<DbDataReader> Query(
        this DbTransaction transaction, string sql, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        var command = Command(transaction, sql, parameters);
        return await command.ExecuteReaderAsync(cancellationToken);
    }

    /// <summary>A real number; NaN where the column is NULL.</summary>
    public static double Real(this DbDataReader row, int column) => row.IsDBNull(column) ? double.NaN : row.GetDouble(column);

    private static DbCommand Command(DbTransaction transaction, string sql, (string Name, object Value)[] parameters)
    {
        var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            if (value is DbType type)
                (parameter.DbType, parameter.Value) = (type, DBNull.Value);
            else
                parameter.Value = value;
            command.Parameters.Add(parameter);
        }
        return command;
    }
}
