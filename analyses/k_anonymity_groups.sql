with

customers_curated as (

    select
        age_band,
        registration_month,
        consent_month
    from {{ ref("customers_curated") }}

),

counted as (

    select
        age_band,
        registration_month,
        consent_month,
        count(*) as people
    from customers_curated
    group by age_band, registration_month, consent_month

)

select * from counted
order by people, age_band, registration_month, consent_month
