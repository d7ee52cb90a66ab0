using System.Reflection;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Slideport.Database;
using Slideport.Http;

namespace Slideport.Sam.Tests;

/// <summary>Which failures pass, and which are mistakes.</summary>
public sealed class DatabaseFailuresTests
{
    [Theory]
    [InlineData(13, "Full")]
    [InlineData(10, "Failing")]
    [InlineData(14, "Failing")]
    [InlineData(8, "Failing")]
    [InlineData(11, "Damaged")]
    [InlineData(26, "Damaged")]
    [InlineData(5, "Busy")]
    [InlineData(6, "Busy")]
    [InlineData(1, null)] // SQL that is wrong
    [InlineData(19, null)] // a constraint
    public void SQLite_says_what_fails(int code, string? expected)
    {
        var driver = new SqliteException("SQLite Error", code);

        Assert.Equal(expected, DatabaseFailures.Of(driver)?.ToString());
        Assert.Equal(expected, DatabaseFailures.Of(new DbUpdateException("wrapped", driver))?.ToString());
    }

    [Theory]
    [InlineData("53100", "Full")]
    [InlineData("58030", "Failing")]
    [InlineData("25006", "Failing")]
    [InlineData("XX001", "Damaged")]
    [InlineData("XX002", "Damaged")]
    [InlineData("3D000", "Away")]
    [InlineData("57P01", "Away")]
    [InlineData("57P03", "Away")]
    [InlineData("53300", "Away")]
    [InlineData("40001", "Busy")]
    [InlineData("40P01", "Busy")]
    [InlineData("23505", null)]
    [InlineData("42P01", null)]
    [InlineData("28P01", null)] // a wrong password does not mend itself
    public void PostgreSQL_says_what_fails(string state, string? expected) =>
        Assert.Equal(expected, DatabaseFailures.Of(new InvalidOperationException("wrapped", new PostgresException("said", "ERROR", "ERROR", state)))?.ToString());

    [Fact]
    public async Task A_PostgreSQL_whose_name_cannot_be_looked_up_is_away()
    {
        await using var connection = new NpgsqlConnection("Host=nobody.invalid;Database=sam;Timeout=5");

        var error = await Record.ExceptionAsync(() => connection.OpenAsync(TestContext.Current.CancellationToken));

        Assert.Equal(DatabaseFailure.Away, DatabaseFailures.Of(error!));
        Assert.Equal(DatabaseFailure.Away, DatabaseFailures.Of(new InvalidOperationException("wrapped", error)));
    }

    [Theory]
    [InlineData("the first page", 0)]
    [InlineData("all but the first page", 4096)]
    public async Task A_damaged_file_is_answered_with_503_and_what_to_do(string what, int from)
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite(), time: new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        using var admin = sam.Admin();
        using (var good = await admin.GetAsync("api/alerts", TestContext.Current.CancellationToken))
            Assert.True(good.IsSuccessStatusCode);
        var file = Path.Join(sam.Folder, "sam.db");
        await using (var database = sam.Databases.CreateDbContext())
            await database.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE);", TestContext.Current.CancellationToken);
        SqliteConnection.ClearAllPools();
        var whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, [.. whole.AsSpan(0, from), .. Enumerable.Repeat((byte)0xA5, whole.Length - from)], TestContext.Current.CancellationToken);

        using var refused = await admin.GetAsync("api/alerts", TestContext.Current.CancellationToken);

        Assert.True(refused.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable, what);
        Assert.Contains("restore the last backup", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter);
        SqliteConnection.ClearAllPools();
        await File.WriteAllBytesAsync(file, whole, TestContext.Current.CancellationToken); // so that SAM ends in order
    }

    [Fact]
    public void SQL_Server_that_cannot_open_the_database_is_a_database_that_is_away() => Assert.Equal(DatabaseFailure.Away, DatabaseFailures.Of(SqlServerError(4060, 11)));

    [Fact]
    public void A_connection_that_cannot_be_made_or_breaks_is_a_database_that_is_away()
    {
        Assert.Equal(DatabaseFailure.Away, DatabaseFailures.Of(new NpgsqlException("Failed to connect", new System.Net.Sockets.SocketException(111))));
        Assert.Equal(DatabaseFailure.Away, DatabaseFailures.Of(new NpgsqlException("Exception while reading", new EndOfStreamException())));
        Assert.Equal(DatabaseFailure.Away, DatabaseFailures.Of(new NpgsqlException("The connection pool has been exhausted", new TimeoutException())));
    }

    [Fact]
    public void What_no_database_said_is_no_failure_of_it()
    {
        Assert.Null(DatabaseFailures.Of(new InvalidOperationException("Sequence contains no elements.")));
        Assert.Null(DatabaseFailures.Of(new IOException("disk")));
    }

    [Fact]
    public void Each_failure_has_a_sentence_of_its_own_that_says_what_to_do() =>
        Assert.Equal(Enum.GetValues<DatabaseFailure>().Length, Enum.GetValues<DatabaseFailure>().Select(failure => DatabaseAway.Sentence("SAM", failure)).Distinct().Count());

    // The driver lets nobody else make one.
    private static SqlException SqlServerError(int number, byte severity)
    {
        const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic;
        var errors = (SqlErrorCollection)Activator.CreateInstance(typeof(SqlErrorCollection), nonPublic: true)!;
        var make = typeof(SqlError).GetConstructors(Hidden).First(c => c.GetParameters() is [{ Name: "infoNumber" }, { Name: "errorState" }, { Name: "errorClass" }, ..]);
        object?[] values = [number, (byte)1, severity, .. make.GetParameters().Skip(3).Select(p => p.ParameterType == typeof(string) ? "said" : p.ParameterType.IsValueType ? Activator.CreateInstance(p.ParameterType) : null)];
        typeof(SqlErrorCollection).GetMethod("Add", Hidden)!.Invoke(errors, [make.Invoke(values)]);
        return (SqlException)typeof(SqlException).GetMethod("CreateException", Hidden, [typeof(SqlErrorCollection), typeof(string)])!.Invoke(null, [errors, "16.0"])!;
    }
}
