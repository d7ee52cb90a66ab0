using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Slideport.Database;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Faults.Tests.Sam;

/// <summary>What is in the database of a SAM that does not run.</summary>
/// <remarks>No pool: the tests beside this one must not find, nor clear, connections of ours.</remarks>
internal static class SamDatabaseFile
{
    // The converters in this process bring the system's SQLite along: ours has to be there before, though nothing else here has asked for a database yet.
    static SamDatabaseFile() => RuntimeHelpers.RunModuleConstructor(typeof(DatabaseOptions).Module.ModuleHandle);

    /// <summary>The first column of a question's answer.</summary>
    internal static Task<List<string>> AskAsync(string data, string question) => AskFileAsync(Path.Join(data, "sam.db"), question);

    /// <summary>The same of a database of another name.</summary>
    internal static async Task<List<string>> AskFileAsync(string file, string question)
    {
        await using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own words.
        command.CommandText = question;
#pragma warning restore CA2100
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var answer = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            answer.Add(reader.GetValue(0).ToString()!);
        return answer;
    }

    /// <summary>The file is whole, its version this one's, and the audit trail unbroken and as it was signed.</summary>
    internal static async Task AssertWholeAsync(string data)
    {
        Assert.Empty(await SamMaintenance.Of(Options(data)).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Null((await AuditMaintenance.VerifyAsync(Options(data), Path.Join(data, "identity"), TestContext.Current.CancellationToken)).Problem);
    }

    private static DatabaseOptions Options(string data) => new() { ConnectionString = $"Data Source={Path.Join(data, "sam.db")};Pooling=False" };
}
