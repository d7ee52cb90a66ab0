using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

/// <summary>All rows of all tables, to be held against what is there later.</summary>
internal static class DatabaseContent
{
    /// <summary>Every row, as its table's name and its values, without the tables and columns named, and what SAM writes without being asked: its lease, and word of its machine.</summary>
    internal static async Task<IReadOnlyList<string>> ReadAsync(SamDatabases databases, params string[] without)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = databases.CreateDbContext();
        var connection = database.Database.GetDbConnection();
        await connection.OpenAsync(cancel);
        var rows = new List<string>();
        foreach (var table in database.Model.GetEntityTypes().Select(e => e.GetTableName()!).Distinct().Where(t => t is not ("Leases" or "NodeReports") && !without.Contains(t)))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM \"{table}\"";
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                rows.Add(table + ": " + string.Join("; ", Enumerable.Range(0, reader.FieldCount)
                    .Where(i => !without.Contains($"{table}.{reader.GetName(i)}"))
                    .Select(i => $"{reader.GetName(i)}={Text(reader.GetValue(i))}")));
            }
        }

        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    private static string Text(object value) => value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
