using System.Data.Common;
using System.Reflection;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using SQLitePCL;

namespace IntrinsicLab.Data;

/// <summary>
/// Many rows of whole and real numbers, written in one go: on SQLite by one prepared statement through the C interface (several times
/// the speed of a command with parameter objects), on PostgreSQL as arrays in one round trip. NaN is stored as NULL, which SQLite would
/// make of it anyway.
/// </summary>
internal sealed class RowBatch
{
    // By reflection: the compiler refuses the property where the feed's SQLitePCLRaw is older than the one it was declared with.
    private static readonly PropertyInfo SqliteHandle = typeof(SqliteConnection).GetProperty("Handle")!;

    private readonly int wholeCount;
    private readonly int realCount;
    private readonly string sqliteSql;
    private readonly string serverSql;
    private readonly List<long> wholes = [];
    private readonly List<double> reals = [];

    private RowBatch(int wholeCount, int realCount, string sqliteSql, string serverSql) =>
        (this.wholeCount, this.realCount, this.sqliteSql, this.serverSql) = (wholeCount, realCount, sqliteSql, serverSql);

    /// <summary>Rows to insert; where <paramref name="key"/> is given, one that exists with the same key is replaced.</summary>
    public static RowBatch Insert(string table, string[] whole, string[] real, string[] key)
    {
        string[] columns = [.. whole, .. real];
        var insert = $"INSERT INTO {table} ({string.Join(", ", columns)})";
        var conflict = key.Length == 0
            ? ""
            : $" ON CONFLICT ({string.Join(", ", key)}) DO UPDATE SET {string.Join(", ", columns.Except(key).Select(column => $"{column} = excluded.{column}"))}";
        return new(whole.Length, real.Length,
            $"{insert} VALUES ({string.Join(", ", columns.Select(_ => "?"))}){conflict}",
            $"{insert} SELECT * FROM unnest({Numbered(columns.Length)}){conflict}");
    }

    /// <summary>Rows to update, found by the first whole column.</summary>
    public static RowBatch Update(string table, string[] whole, string[] real)
    {
        string[] columns = [.. whole, .. real];
        return new(whole.Length, real.Length,
            $"UPDATE {table} SET {string.Join(", ", columns.Skip(1).Select((column, index) => $"{column} = ?{index + 2}"))} WHERE {columns[0]} = ?1",
            $"UPDATE {table} AS old SET {string.Join(", ", columns.Skip(1).Select(column => $"{column} = new.{column}"))} "
                + $"FROM unnest({Numbered(columns.Length)}) AS new ({string.Join(", ", columns)}) WHERE old.{columns[0]} = new.{columns[0]}");
    }

    private static string Numbered(int count) => string.Join(", ", Enumerable.Range(1, count).Select(index => $"${index}"));

    public int Count => wholes.Count / wholeCount;

    public void Add(ReadOnlySpan<long> whole, ReadOnlySpan<double> real)
    {
        wholes.AddRange(whole);
        reals.AddRange(real);
    }

    /// <summary>Writes the rows and forgets them.</summary>
    public void Write(DbTransaction transaction)
    {
        if (Count == 0)
            return;
        if (transaction.Connection is SqliteConnection sqlite)
            WriteSqlite((sqlite3)SqliteHandle.GetValue(sqlite)!);
        else
            WriteServer((NpgsqlTransaction)transaction);
        wholes.Clear();
        reals.Clear();
    }

    private void WriteSqlite(sqlite3 database)
    {
        Check(raw.sqlite3_prepare_v2(database, sqliteSql, out var statement), raw.SQLITE_OK, database);
        try
        {
            for (var row = 0; row < Count; row++)
            {
                var column = 1;
                for (var index = row * wholeCount; index < (row + 1) * wholeCount; index++)
                    raw.sqlite3_bind_int64(statement, column++, wholes[index]);
                for (var index = row * realCount; index < (row + 1) * realCount; index++)
                    raw.sqlite3_bind_double(statement, column++, reals[index]);
                Check(raw.sqlite3_step(statement), raw.SQLITE_DONE, database);
                raw.sqlite3_reset(statement);
            }
        }
        finally
        {
            raw.sqlite3_finalize(statement);
        }
    }

    private void WriteServer(NpgsqlTransaction transaction)
    {
        using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = serverSql;
        for (var column = 0; column < wholeCount; column++)
        {
            var values = new long[Count];
            for (var row = 0; row < values.Length; row++)
                values[row] = wholes[row * wholeCount + column];
            command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        }
        for (var column = 0; column < realCount; column++)
        {
            var values = new double?[Count];
            for (var row = 0; row < values.Length; row++)
                values[row] = reals[row * realCount + column] is var value && double.IsNaN(value) ? null : value;
            command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double });
        }
        command.ExecuteNonQuery();
    }

    private static void Check(int code, int expected, sqlite3 database)
    {
        if (code != expected)
            throw new SqliteException(raw.sqlite3_errmsg(database).utf8_to_string(), raw.sqlite3_errcode(database), raw.sqlite3_extended_errcode(database));
    }
}
