using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Slideport.Sam.Database.Migrations.PostgreSql
{
    /// <inheritdoc />
    public partial class AuditAppendOnly : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("CREATE FUNCTION \"AuditIsAppendOnly\"() RETURNS trigger LANGUAGE plpgsql AS $audit$ BEGIN RAISE EXCEPTION 'The audit trail is only added to.'; END $audit$;");
            migrationBuilder.Sql("CREATE TRIGGER \"AuditIsAppendOnly\" BEFORE UPDATE OR DELETE OR TRUNCATE ON \"Audit\" FOR EACH STATEMENT EXECUTE FUNCTION \"AuditIsAppendOnly\"();");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("DROP TRIGGER \"AuditIsAppendOnly\" ON \"Audit\";");
            migrationBuilder.Sql("DROP FUNCTION \"AuditIsAppendOnly\"();");
        }
    }
}
