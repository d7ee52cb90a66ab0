using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Slideport.Sam.Api;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests;

/// <summary>Which failures pass, and which are mistakes.</summary>
public sealed class DatabaseFailuresTests
{
    [Theory]
    [InlineData(13, "Full")]
    [InlineData(10, "Failing")]
    [InlineData(14, "Failing")]
    [InlineData(8, "Failing")]
    [InlineData(5, "Busy")]
    [InlineData(6, "Busy")]
    [InlineData(1, null)] // SQL that is wrong
    [InlineData(19, null)] // a constraint
    [InlineData(11, null)] // a damaged file does not mend itself
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
        Assert.Equal(Enum.GetValues<DatabaseFailure>().Length, Enum.GetValues<DatabaseFailure>().Select(DatabaseAway.Sentence).Distinct().Count());
}
